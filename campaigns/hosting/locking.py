"""Who may work on a hosted dialer: one process at a time, by a lock of PostgreSQL that ends with its connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from dialer.advisory_locks import AdvisoryLock, let_go, try_hold

#: Seconds between two looks at a lock that somebody holds.
LOOK_AGAIN_SECONDS = 0.05


@contextmanager
def alone(*, work: AdvisoryLock, dialer_id: int, wait_seconds: float = 0.0) -> Iterator[bool]:
    """Hold the lock for the block; gives False when somebody else had it for all of ``wait_seconds``."""
    mine = _wait(work, dialer_id, wait_seconds)
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                let_go(cursor, work, which=dialer_id)


def _wait(work: AdvisoryLock, dialer_id: int, wait_seconds: float) -> bool:
    until = time.monotonic() + wait_seconds
    while True:
        with connection.cursor() as cursor:
            if try_hold(cursor, work, which=dialer_id):
                return True
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_AGAIN_SECONDS)
