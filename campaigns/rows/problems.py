"""What can be wrong with a file as a whole."""

from __future__ import annotations


class ImportProblem(Exception):
    """The file as a whole cannot be read: nothing of it is imported. The message is for the person who uploads."""
