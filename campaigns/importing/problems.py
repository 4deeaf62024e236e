"""What can be wrong with an upload as a whole. The message of each is meant for the person who uploads."""

from __future__ import annotations

from campaigns.rows.problems import ImportProblem

__all__ = ["ImportProblem", "UploadTooLarge"]


class UploadTooLarge(ImportProblem):
    """The file is larger than DIALER_UPLOAD_MAX_BYTES."""
