"""Tests of the inbox, on a real PostgreSQL."""
