"""Stands by a server that the keeper has started: `waiting.py SERVER_PID SIGNALS GRACE_SECONDS LOCK USERS COMMAND…`.

A keeper is there for as long as its server, and what it imports to start one is of no use while it waits. So it becomes
this script, which imports nothing of the project. When nobody shares the lock file USERS any more, or on SIGTERM, the
server gets each of the SIGNALS in turn and GRACE_SECONDS after each. When the server dies by itself, this becomes
COMMAND, with the number of the open LOCK as its last word. It has to be the process that has started the server.
"""

from __future__ import annotations

import _thread
import fcntl
import os
import signal
import sys
import time

WAKES = {signal.SIGTERM, signal.SIGCHLD}
POLL_SECONDS = 0.01


def wait_for_the_last_user(users: str) -> None:
    """Wait until nobody shares the lock, and end the waiting then; the lock is ours until the process ends."""
    fcntl.flock(os.open(users, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), fcntl.LOCK_EX)
    os.kill(os.getpid(), signal.SIGTERM)


def has_ended(pid: int) -> bool:
    """Return whether our child has ended; to be asked no more once it has."""
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def end(pid: int, numbers: list[int], grace_seconds: float) -> None:
    """End the server."""
    for number in numbers:
        os.kill(pid, number)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline:
            if has_ended(pid):
                return
            time.sleep(POLL_SECONDS)


def main() -> None:
    """Wait, and act."""
    pid, numbers, grace_seconds, lock, users, *command = sys.argv[1:]
    # Where the end of a child is ignored unless somebody handles it (macOS), it would not be kept either.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # From here on no signal is lost: one that comes before it is waited for is kept.
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKES)
    _thread.start_new_thread(wait_for_the_last_user, (users,))
    while not has_ended(int(pid)):
        if signal.sigwait(WAKES) == signal.SIGTERM:
            end(int(pid), [int(number) for number in numbers.split(",")], float(grace_seconds))
            # A newcomer waits for USERS, which ends with the process, and then has to find no keeper. Left to the
            # kernel, the lock that was taken last is given back first: the newcomer joins a server that has stopped.
            os.close(int(lock))
            return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WAKES)
    os.execv(command[0], [*command, lock])  # noqa: S606


if __name__ == "__main__":
    main()
