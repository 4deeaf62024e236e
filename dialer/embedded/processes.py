"""Supervises several programs by name: starts them, waits until they are ready, kills, restarts and stops them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dialer.embedded.spawning import LOG_KEPT_BYTES, Probe, kill_group, last_lines, spawn_tied, wait_until
from dialer.embedded.stopping import Stopping


class NotReadyError(RuntimeError):
    """A program ended or stayed silent instead of becoming ready; the message shows the end of its log."""


class Process(Protocol):
    """What is asked of a process, as one of the subprocess module answers it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...


class Child:
    """A named program: how it is started, and the process it is at the moment.

    ``needed`` is asked of one that has not been started yet.
    """

    def __init__(
        self,
        *,
        name: str,
        launch: Callable[[], Process],
        log_file: Path,
        needed: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name, self.launch, self.log_file, self.needed = name, launch, log_file, needed
        self.process: Process | None = None
        self.wanted = False
        self.early_deaths = 0
        self.started_at_monotonic = 0.0
        self.log_offset = 0

    def start(self) -> None:
        size = self.log_file.stat().st_size if self.log_file.exists() else 0
        self.log_offset = size if size <= LOG_KEPT_BYTES else 0
        self.process = self.launch()
        self.wanted = True
        self.started_at_monotonic = time.monotonic()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts named programs, waits for them, kills and restarts them; leaves nothing running. For any thread."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}
        self._lock = threading.RLock()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop_all()

    def start(
        self,
        name: str,
        *,
        argv: Sequence[str],
        log_file: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        """Start a program under a name. Raises ValueError when the name is running already.

        `death_signal` is what it gets when we die ourselves: SIGTERM for one that has processes of its own to end.
        """

        def launch() -> Process:
            return spawn_tied(argv=argv, log_file=log_file, env=env, cwd=cwd, death_signal=death_signal)

        self.start_by(name, launch=launch, log_file=log_file)

    def start_by(self, name: str, *, launch: Callable[[], Process], log_file: Path) -> None:
        """Start a program under a name, now and after each of its ends, with ``launch``.

        Its output goes to the end of ``log_file``. Raises ValueError when the name is running already.
        """
        with self._lock:
            if name in self._children and self._children[name].alive():
                raise ValueError(f"{name} is running already")
            child = Child(name=name, launch=launch, log_file=log_file)
            child.start()
            self._children[name] = child

    def start_when(
        self, name: str, *, needed: Callable[[], bool], launch: Callable[[], Process], log_file: Path
    ) -> None:
        """Have ``watch`` start a program under a name as soon as ``needed`` says so, and after each of its ends."""
        with self._lock:
            self._children[name] = Child(name=name, launch=launch, log_file=log_file, needed=needed)

    def wait_ready(self, name: str, probe: Probe, deadline_seconds: float = 30.0) -> None:
        """Wait until `probe` returns True. Raises NotReadyError when the program ends or the deadline passes before."""
        child, answered = self._children[name], False

        def over() -> bool:
            # Asked once a look: of two questions in a row the second may fail where the first was answered.
            nonlocal answered
            answered = probe()
            return answered or not child.alive()

        wait_until(over, deadline_seconds=deadline_seconds, pause_seconds=0.05)
        if child.alive() and answered:
            return
        reason = (
            f"is not ready after {deadline_seconds:g} s" if child.alive() else f"ended with code {self.exit_code(name)}"
        )
        raise NotReadyError(f"{name} {reason}. The end of {child.log_file}:\n{last_lines(child.log_file)}")

    def names(self) -> list[str]:
        """Return the names of all programs, dead or alive, in the order they were started."""
        return list(self._children)

    def alive(self, name: str) -> bool:
        """Return whether the program is running."""
        return self._children[name].alive()

    def pid(self, name: str) -> int:
        """Return the process id of the program's last start."""
        process = self._children[name].process
        assert process is not None
        return process.pid

    def exit_code(self, name: str) -> int | None:
        """Return the exit code (negative: the signal), or None while it runs."""
        process = self._children[name].process
        return process.poll() if process else None

    def log_file(self, name: str) -> Path:
        """Return the file with the program's output."""
        return self._children[name].log_file

    def log_offset(self, name: str) -> int:
        """Return where in its log the output of the program's last start begins, in bytes."""
        return self._children[name].log_offset

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the program and everything in its session; for SIGKILL, wait until it is gone."""
        process = self._children[name].process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        if number == signal.SIGKILL:
            process.wait(10)

    def restart(self, name: str) -> None:
        """Start the program again as it was started before, ending it and what it left behind first."""
        with self._lock:
            child = self._children[name]
            self._end([child], grace_seconds=5.0)
            child.start()

    def stop(self, name: str, *, grace_seconds: float = 10.0) -> None:
        """Stop one program: SIGTERM, then SIGKILL."""
        with self._lock:
            self._end([self._children[name]], grace_seconds=grace_seconds)

    def stop_all(self, *, grace_seconds: float = 10.0) -> None:
        """Stop everything, all at once: SIGTERM, then SIGKILL after the grace."""
        with self._lock:
            self._end(list(self._children.values()), grace_seconds=grace_seconds)

    def watch(self, *, until: threading.Event | Stopping, say: Callable[[str], None]) -> None:
        """Restart what dies until the event is set, later each time when it dies young, and say so.

        Starts what is needed first.
        """
        due_at_monotonic: dict[str, float] = {}
        while not until.wait(0.25):
            for child in [child for child in self._children.values() if child.process is None and child.needed()]:
                self._begin(child)
            for child in [child for child in self._children.values() if child.wanted and not child.alive()]:
                now = time.monotonic()
                if child.name not in due_at_monotonic:
                    child.early_deaths = child.early_deaths + 1 if now - child.started_at_monotonic < 10 else 0
                    pause_seconds = min(30.0, 2.0**child.early_deaths - 1)
                    due_at_monotonic[child.name] = now + pause_seconds
                    code = self.exit_code(child.name)
                    say(f"{child.name} ended with code {code}; starting it again in {pause_seconds:g} s. Its log ends:")
                    say(last_lines(child.log_file, count=5))
                if now >= due_at_monotonic[child.name] and not until.is_set():
                    del due_at_monotonic[child.name]
                    self.restart(child.name)

    def _begin(self, child: Child) -> None:
        with self._lock:
            child.start()

    def _end(self, children: Sequence[Child], *, grace_seconds: float) -> None:
        for child in children:
            child.wanted = False
        processes = [child.process for child in children if child.process is not None]
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        wait_until(lambda: all(p.poll() is not None for p in processes), deadline_seconds=grace_seconds)
        for process in processes:
            kill_group(process.pid)
            process.wait(10)
