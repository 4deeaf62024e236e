"""Tests of claiming, placing, settling and what surrounds them, on a real PostgreSQL."""
