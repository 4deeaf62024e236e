"""A disk of its own for PostgreSQL's data, which can be full while nothing else on this machine is."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Far more than a run of 50,000 calls writes; memory is taken for what is written only.
SIZE_BYTES = 6 * 1024**3


class SmallDisk:
    """A file system in memory, mounted on ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Leave no room: from now on "No space left on device"."""
        for spare_bytes in (0, *(2**n for n in range(16, 24))):
            found = os.statvfs(self._folder)
            # More may be written before the kernel looks: a disk is not made smaller than what is on it.
            with contextlib.suppress(subprocess.CalledProcessError):
                self._resize((found.f_blocks - found.f_bfree) * found.f_frsize + spare_bytes)
                return
        raise OSError(f"{self._folder} was written to faster than it could be filled")

    def free(self) -> None:
        """Give all room back."""
        self._resize(SIZE_BYTES)

    def _resize(self, size_bytes: int) -> None:
        _run("mount", "-o", f"remount,size={size_bytes}", str(self._folder))


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """Mount one on a new folder for the time of a block; None where this machine does not let us."""
    folder.mkdir(mode=0o700)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=0700", "dialer-chaos", str(folder))
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
