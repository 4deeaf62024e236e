"""Who may work on a hosted dialer: one process at a time, by a lock of PostgreSQL that ends with its connection."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: Seconds between two looks at a lock that somebody holds.
LOOK_AGAIN_SECONDS = 0.05


class Work(enum.IntEnum):
    """What is done under the lock. Switching has its own, so that stopping waits for no batch."""

    TURN = 730_501
    SWITCH = 730_502
    LOG = 730_503


@contextmanager
def alone(*, work: Work, dialer_id: int, wait_seconds: float = 0.0) -> Iterator[bool]:
    """Hold the lock for the block; gives False when somebody else had it for all of ``wait_seconds``."""
    key = [int(work), dialer_id]
    mine = _wait(key, wait_seconds)
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def _wait(key: list[int], wait_seconds: float) -> bool:
    until = time.monotonic() + wait_seconds
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_AGAIN_SECONDS)
