"""`manage.py run`: the whole project on this machine, restarted where it dies, until Ctrl-C.

It is there as long as everything runs, so it imports no app: what needs them, migrating and checking, is done in a
process that ends with it (the command ``prepare``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dialer.embedded.processes import NotReadyError
from dialer.embedded.sharing import Services
from dialer.embedded.stack import PROJECT, Stack, free_port
from dialer.embedded.stopping import Stopping

_say = partial(print, file=sys.stderr, flush=True)


def main(arguments: Sequence[str], *, stop: Stopping | None = None) -> int:
    """Run until a signal asks to stop; return the exit code. DATABASE_URL and REDIS_URL are set."""
    options = _parser().parse_args(arguments)
    sure = ["--yes-this-is-the-only-one"] if options.only_one else []
    prepared = subprocess.run([sys.executable, "-m", "django", "prepare", *sure], cwd=PROJECT, check=False)  # noqa: S603
    if prepared.returncode:
        return prepared.returncode
    return _run(_stack(options), log_dir=options.log_dir, stop=stop)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="manage.py run",
        description="Migrates, then runs web server, worker and beat; restarts what dies; Ctrl-C stops everything.",
    )
    parser.add_argument("--port", type=int, default=8000, help="of the web server on 127.0.0.1 (8000)")
    parser.add_argument("--workers", type=int, default=1, help="number of worker processes (1)")
    parser.add_argument(
        "--yes-this-is-the-only-one",
        action="store_true",
        dest="only_one",
        help="confirm that no copy of the database dials, where that is in doubt, without asking",
    )
    parser.add_argument("--log-dir", type=Path, default=PROJECT / ".dialer" / "logs", help="of the logs")
    return parser


def _run(stack: Stack, *, log_dir: Path, stop: Stopping | None) -> int:
    stop = stop or Stopping(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    failures: list[Exception] = []

    def start() -> None:
        try:
            stack.start()
        except (NotReadyError, OSError) as error:  # OSError: the nursery has not begun
            failures.append(error)

    try:
        # Ctrl-C during the start must not wait for its end, so the main thread only waits and watches.
        starting = threading.Thread(target=start, name="start")
        starting.start()
        while starting.is_alive() and not stop.is_set():
            starting.join(0.1)
        if failures and not stop.is_set():
            _say(failures[0])
            return 1
        if not stop.is_set():
            print(f"Dialer runs: {stack.base_url}/admin/   REST: {stack.base_url}/api/v1/   logs: {log_dir}")  # noqa: T201
            print(f"Providers push to {stack.push_base_url}/push/…\nCtrl-C stops it.", flush=True)  # noqa: T201
            stack.supervisor.watch(until=stop, say=_say)
    finally:
        _say("Stopping.")
        stack.stop()
    return 0


def _stack(options: Namespace) -> Stack:
    port = free_port(preferred=options.port)
    if port != options.port:
        _say(f"Port {options.port} is taken; using {port}.")
    inbox_port = free_port(preferred=port + 1)
    found = Services(
        database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"], data_dir=options.log_dir.parent
    )
    return Stack(
        found,
        port=port,
        inbox_port=inbox_port,
        sandbox_port=None if "DIALER_SANDBOX_URL" in os.environ else free_port(preferred=inbox_port + 1),
        log_dir=options.log_dir,
        workers=options.workers,
    )
