"""Who may work on a hosted dialer: one process at a time, by a lock of PostgreSQL that ends with its connection."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dialer.advisory_locks import AdvisoryLock
from dialer.held_locks import held_if_free


def alone(*, work: AdvisoryLock, dialer_id: int, wait_seconds: float = 0.0) -> AbstractContextManager[bool]:
    """Hold the lock for the block; gives False when somebody else had it for all of ``wait_seconds``."""
    return held_if_free(work, which=dialer_id, wait_seconds=wait_seconds)
