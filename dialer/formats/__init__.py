"""Formats of dates for people, by language."""
