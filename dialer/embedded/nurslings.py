"""The other end of the nursery: starts it, asks it for processes, and knows which of them have ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialer.embedded.spawning import cut_log, kill_group, last_lines, spawn_tied

#: It imports all modules of the project first.
READY_SECONDS = 60.0
POLL_SECONDS = 0.01
#: The longest message over the socket, either way.
MOST_BYTES = 64 * 1024


class Nursling:
    """A process that the nursery has forked; as one of the subprocess module, as far as a supervisor asks."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code (negative: the signal), or None while it runs."""
        if self.returncode is None:
            self._nursery.listen()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended. Raises TimeoutExpired after ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Nursery:
    """Processes with one environment, forked from one that has everything imported. For any thread."""

    def __init__(self, *, env: Mapping[str, str], cwd: Path, log_file: Path) -> None:
        self._env, self._cwd, self._log_file = env, cwd, log_file
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._alive: dict[int, Nursling] = {}

    def spawn(
        self, *, module: str, arguments: Sequence[str], log_file: Path, listener: socket.socket | None = None
    ) -> Nursling:
        """Start a module as a program in a session of its own, output appended to ``log_file``; it dies with us.

        It gets ``listener`` as its option ``--listener``, a number. Raises OSError when the nursery cannot be started.
        """
        log_file.parent.mkdir(parents=True, exist_ok=True)
        cut_log(log_file)
        order = {"argv": [module, *arguments], "log": str(log_file), "death_signal": int(signal.SIGKILL)}
        with self._lock:
            channel = self._open()
            socket.send_fds(channel, [json.dumps(order).encode()], [] if listener is None else [listener.fileno()])
            found = Nursling(self, self._hear_until("started"))
            self._alive[found.pid] = found
            return found

    def listen(self) -> None:
        """Take note of who has ended. Where the nursery is gone, so is who was in it."""
        with self._lock:
            while self._channel is not None and select.select([self._channel], [], [], 0)[0]:
                self._hear()

    def close(self) -> None:
        """End the nursery, and what still lives in it."""
        with self._lock:
            if self._channel is not None:
                self._lose()

    def _open(self) -> socket.socket:
        self.listen()
        if self._channel is not None:
            return self._channel
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = spawn_tied(
                argv=[sys.executable, "-m", "dialer.embedded.nursery", str(theirs.fileno())],
                log_file=self._log_file,
                env=self._env,
                cwd=self._cwd,
                keep_open=[theirs.fileno()],
            )
        self._channel = ours
        self._hear_until("ready")
        return ours

    def _hear_until(self, word: str) -> int:
        until = time.monotonic() + READY_SECONDS
        while self._channel is not None and time.monotonic() < until:
            if not select.select([self._channel], [], [], 1)[0]:
                continue
            said = self._hear()
            if word in said:
                return said[word]
        self.close()
        raise OSError(f"The nursery does not answer. The end of {self._log_file}:\n{last_lines(self._log_file)}")

    def _hear(self) -> Mapping[str, int]:
        assert self._channel is not None
        try:
            said = self._channel.recv(MOST_BYTES)
        except ConnectionError:
            said = b""
        if not said:
            self._lose()
            return {}
        found: dict[str, int] = json.loads(said)
        if "ended" in found and (ended := self._alive.pop(found["ended"], None)) is not None:
            ended.returncode = found["code"]
        return found

    def _lose(self) -> None:
        assert self._channel is not None
        self._channel.close()
        self._channel = None
        for each in self._alive.values():
            kill_group(each.pid)
            each.returncode = -signal.SIGKILL
        self._alive.clear()
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
