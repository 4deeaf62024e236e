"""Erases one person everywhere, and proves it."""
