"""Tells subscribers what the feed tells: each entry once to each, signed, again and again until it is taken."""
