"""File locks of the kernel: they end with the process that holds them, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class FileLock:
    """One open lock file. The lock belongs to this object; closing gives it back."""

    def __init__(self, path: Path, *, descriptor: int | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if descriptor is None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._descriptor = descriptor

    def hand_on(self) -> int:
        """Return the number of the open file, with the lock, for what this process becomes."""
        os.set_inheritable(self._descriptor, True)
        return self._descriptor

    def share(self) -> None:
        """Hold the lock together with others who share it; waits for one who holds it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def take(self) -> None:
        """Hold the lock alone; waits for all others."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Hold the lock alone if nobody else holds it. A shared lock may be lost when this returns False."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._descriptor)


@contextlib.contextmanager
def taken(path: Path) -> Iterator[None]:
    """Hold the lock of a file alone during the block."""
    lock = FileLock(path)
    try:
        lock.take()
        yield
    finally:
        lock.close()


def is_taken(path: Path) -> bool:
    """Return whether some process holds the lock of a file."""
    lock = FileLock(path)
    try:
        return not lock.try_take()
    finally:
        lock.close()
