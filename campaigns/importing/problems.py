"""What can be wrong with an upload as a whole. The message of each is meant for the person who uploads."""

from __future__ import annotations


class ImportProblem(Exception):
    """The file as a whole cannot be read: nothing of it is imported."""


class IdempotencyKeyReused(Exception):
    """The idempotency key was used for an upload with other content or other options."""


class UploadTooLarge(ImportProblem):
    """The file is larger than DIALER_UPLOAD_MAX_BYTES."""
