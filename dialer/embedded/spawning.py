"""Starts programs that die with the process that started them, however it dies, and ends them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue

TIE = Path(__file__).with_name("tie.py")
LOG_KEPT_BYTES = 20 * 1024 * 1024
Probe = Callable[[], bool]


class _Spawner:
    """One thread that forks everything: the kernel's death signal fires when the *thread* that forked ends."""

    def __init__(self) -> None:
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Drop the thread, which a forked child does not have."""
        self.__init__()  # type: ignore[misc]

    def run(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        if threading.current_thread() is threading.main_thread():
            return start()  # it ends with the process
        started: SimpleQueue[subprocess.Popen[bytes] | BaseException] = SimpleQueue()

        def order() -> None:
            try:
                started.put(start())
            except BaseException as error:  # it belongs to the one who ordered
                started.put(error)

        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, args=(self._orders,), name="spawner", daemon=True)
                self._thread.start()
            self._orders.put(order)
        found = started.get()
        if isinstance(found, BaseException):
            raise found
        return found

    @staticmethod
    def _work(orders: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            orders.get()()


_spawner = _Spawner()
os.register_at_fork(after_in_child=_spawner.forget)


def spawn_tied(
    *,
    argv: Sequence[str],
    log_file: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    identity: str = "self",
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, output appended to `log_file`; when we die it gets `death_signal`.

    `argv[0]` is looked up in PATH; `identity` is described in `tie.py`; `keep_open`: our files that it gets as well.
    FileNotFoundError for an unknown program.
    """
    program = shutil.which(argv[0], path=(env or os.environ).get("PATH"))
    if program is None:
        raise FileNotFoundError(f"{argv[0]} is not installed")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    cut_log(log_file)
    tie = [sys.executable, "-I", "-S", str(TIE), str(os.getpid()), str(int(death_signal)), identity]

    def start() -> subprocess.Popen[bytes]:
        with log_file.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                [*tie, program, *argv[1:]],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep_open,
            )

    return _spawner.run(start)


def cut_log(log_file: Path) -> None:
    """Put a log away that has become too long, over the one that was put away before."""
    if log_file.exists() and log_file.stat().st_size > LOG_KEPT_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))


def wait_until(probe: Probe, *, deadline_seconds: float, pause_seconds: float = 0.01) -> bool:
    """Return True as soon as `probe` does, False when the deadline passes first."""
    give_up_at = time.monotonic() + deadline_seconds
    while not probe():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(pause_seconds)
    return True


def end(process: subprocess.Popen[bytes], *, signals: Sequence[signal.Signals], grace_seconds: float) -> None:
    """Send each signal in turn until the process has ended, waiting `grace_seconds` after each; end with SIGKILL."""
    for number in signals:
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)


def kill_group(pid: int) -> None:
    """Kill what a process has left behind in its session; nothing when there is nothing."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def last_lines(log_file: Path, *, count: int = 20) -> str:
    """Return the end of a log, or an empty string when there is none."""
    if not log_file.exists():
        return ""
    with log_file.open("rb") as file:
        file.seek(max(0, log_file.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
