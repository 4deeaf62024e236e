"""Chaos that is generated: faults out of a seed, while campaigns of several providers call; ledger and audit judge."""
