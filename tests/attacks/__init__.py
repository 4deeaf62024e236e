"""Attacks that succeeded once, and what held: none may succeed."""
