"""Counts that are kept with the state: folded, read, and held against the rows themselves."""
