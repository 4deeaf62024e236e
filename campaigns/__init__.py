"""Whom to call, when, and the truth about every attempt."""
