"""Django's backend for PostgreSQL, which keeps no connection to a server that takes no writes."""
