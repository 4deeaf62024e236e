"""Runs the whole project on this machine: web server, worker and beat, restarted when they die, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from dialer.embedded.processes import NotReadyError
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack, free_port
from dialer.embedded.stopping import Stopping


class Command(BaseCommand):
    """`manage.py run [--port 8000] [--workers 1] [--yes-this-is-the-only-one]`."""

    help = "Migrates, then runs web server, worker and beat; restarts what dies; Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8000, help="of the web server on 127.0.0.1 (8000)")
        parser.add_argument("--workers", type=int, default=1, help="number of worker processes (1)")
        parser.add_argument(
            "--yes-this-is-the-only-one",
            action="store_true",
            dest="only_one",
            help="confirm that no copy of the database dials, where that is in doubt, without asking",
        )
        parser.add_argument("--log-dir", type=Path, default=settings.BASE_DIR / ".dialer" / "logs", help="of the logs")

    def handle(self, *, port: int, workers: int, log_dir: Path, only_one: bool = False, **_: Any) -> None:
        """Run until a signal asks to stop."""
        call_command("migrate", interactive=False, verbosity=0)
        # Prints warnings, and raises for errors; those of the settings were told when the command began.
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        # After a night's rest, or in a copied folder, whoever starts it says that this is the one that dials.
        call_command("confirm_home", only_one=only_one, is_worker=True, goes_on=True)
        stop = Stopping(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        stack = self._stack(port=port, workers=workers, log_dir=log_dir)
        try:
            # Ctrl-C during the start must not wait for its end, so the main thread only waits and watches.
            starting = threading.Thread(target=self._start, args=(stack, stop), name="start")
            starting.start()
            while starting.is_alive() and not stop.is_set():
                starting.join(0.1)
            if self._failure is not None:
                raise CommandError(str(self._failure))
            if not stop.is_set():
                self._welcome(stack, log_dir)
                stack.supervisor.watch(until=stop, say=self.stderr.write)
        finally:
            self.stderr.write("Stopping.")
            stack.stop()

    _failure: NotReadyError | None = None

    def _start(self, stack: Stack, stop: Stopping) -> None:
        try:
            stack.start()
        except NotReadyError as error:
            self._failure = None if stop.is_set() else error

    def _stack(self, *, port: int, workers: int, log_dir: Path) -> Stack:
        chosen = free_port(preferred=port)
        if chosen != port:
            self.stderr.write(f"Port {port} is taken; using {chosen}.")
        found = Services(
            database_url=os.environ.get("DATABASE_URL") or settings.DATABASE_URL,
            redis_url=os.environ.get("REDIS_URL") or settings.REDIS_URL,
            data_dir=log_dir.parent,
        )
        inbox_port = free_port(preferred=chosen + 1)
        return Stack(
            found,
            port=chosen,
            inbox_port=inbox_port,
            sandbox_port=None if "DIALER_SANDBOX_URL" in os.environ else free_port(preferred=inbox_port + 1),
            log_dir=log_dir,
            workers=workers,
        )

    def _welcome(self, stack: Stack, log_dir: Path) -> None:
        self.stdout.write(f"Dialer runs: {stack.base_url}/admin/   REST: {stack.base_url}/api/v1/   logs: {log_dir}")
        self.stdout.write(f"Providers push to {stack.push_base_url}/push/…")
        if not get_user_model().objects.filter(is_superuser=True).exists():
            self.stdout.write("No administrator yet. In another terminal: .venv/bin/python manage.py first_admin")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()
