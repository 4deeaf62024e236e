"""Inputs for rules: each shows what REST reads and writes, in rows and in units instead of JSON and seconds."""
