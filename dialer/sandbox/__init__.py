"""The sandbox carrier: a server of its own process that speaks the providers' APIs and rings nobody.

It keeps a ledger of every request and every ring, which is the witness that tests, chaos and benchmarks judge by.
It therefore shares no code with the parsers: it imports nothing of the project, and neither Django nor the ORM.
"""
