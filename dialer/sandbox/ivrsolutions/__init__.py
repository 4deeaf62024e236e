"""The parts of the IVR Solutions dialect: dialing, logs, hosted dialers and the lists of an account.

Source of all that is called documented here: the provider's public OpenAPI 3.0.3 document. The lists of
``/v1/all_call_logs`` and the words of its outgoing rows are those that the vendor's public CRM integration reads.
"""
