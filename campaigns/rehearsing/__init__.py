"""Rehearses whole campaigns against the sandbox carrier, judged by its ledger: demo, benchmarks, chaos."""
