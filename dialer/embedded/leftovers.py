"""What a server that was killed leaves behind: worker processes, and a pid file that may name somebody else by now."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from dialer.embedded.spawning import wait_until

PROC = Path("/proc")


def end_leftovers(data_dir: Path, *, deadline_seconds: float = 15.0) -> None:
    """End every PostgreSQL process that still works in `data_dir`, politely first, and remove a pid file that lies.

    Call it only when no other launcher can own the folder. Raises TimeoutError when a process cannot be ended.
    """
    postmaster = _postmaster_pid(data_dir)
    for number, seconds in ((signal.SIGINT, deadline_seconds), (signal.SIGKILL, 5.0)):
        left = _processes(data_dir, postmaster)
        if not left:
            break
        # Of a living server only the postmaster is asked: it ends the rest. Workers without one cannot be asked.
        for pid in [postmaster] if postmaster in left and number == signal.SIGINT else left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if postmaster not in left else number)
        wait_until(lambda: not _processes(data_dir, postmaster), deadline_seconds=seconds)
    else:
        if _processes(data_dir, postmaster):
            raise TimeoutError(f"PostgreSQL processes of {data_dir} do not end")
    # The pid may be used by another program of ours by now, and PostgreSQL would take that for itself.
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def _postmaster_pid(data_dir: Path) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data_dir / "postmaster.pid").read_text().splitlines()[0])
    return 0


def _processes(data_dir: Path, postmaster: int) -> list[int]:
    """Return the ids of PostgreSQL's processes of this folder; without /proc (macOS) the postmaster's only."""
    if not (PROC / "self").exists():
        return [postmaster] if postmaster and str(data_dir) in _command(postmaster) else []
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _works_in(entry, data_dir)]


def _works_in(process: Path, data_dir: Path) -> bool:
    try:
        # PostgreSQL's processes all work in the data folder; a shell that stands there is no postgres.
        return (process / "cwd").readlink() == data_dir and (process / "comm").read_text().startswith("postgres")
    except OSError:  # it has just ended, or belongs to somebody else
        return False


def _command(pid: int) -> str:
    ps = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S603
    return ps.stdout
