"""REST API of the inbox."""
