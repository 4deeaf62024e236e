"""Every write of a state, each one conditional UPDATE whose row count is looked at."""
