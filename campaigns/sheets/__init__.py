"""Sheets of workbooks, read in a process of its own: nothing here imports more than it needs for that."""
