"""What tells a database from a copy of itself, so that a copy never dials."""
