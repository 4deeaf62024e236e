"""Rows of uploads."""
