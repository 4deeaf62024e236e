"""Figures for Prometheus: of the house, read from PostgreSQL when they are asked for, and of each worker process."""
