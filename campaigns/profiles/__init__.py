"""The calling rules of countries as data, and their loading."""
