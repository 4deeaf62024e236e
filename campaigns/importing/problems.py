"""What can be wrong with an upload as a whole. The message of each is meant for the person who uploads."""

from __future__ import annotations


class ImportProblem(Exception):
    """The file as a whole cannot be read: nothing of it is imported."""


class UploadTooLarge(ImportProblem):
    """The file is larger than DIALER_UPLOAD_MAX_BYTES."""
