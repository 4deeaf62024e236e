"""Tries to break the promises with real processes: the carrier's ledger is the judge."""
