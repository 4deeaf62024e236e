"""Batch jobs on a schedule."""
