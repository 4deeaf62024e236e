"""Runs the sandbox carrier for the sandbox accounts of this installation, which it is told of as they are made."""

from __future__ import annotations

import os
import threading
from argparse import ArgumentParser
from typing import Any

import httpx
import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from campaigns.rehearsing.carrying import carrier_accounts, follow
from dialer.sandbox.__main__ import run
from dialer.sandbox.client import SandboxClient, SandboxError

log = structlog.get_logger(__name__)
#: An account that was just made is known to the carrier within this time, in seconds.
LOOKS_EVERY = 1.0


class Command(BaseCommand):
    """`manage.py sandbox_carrier [--host 127.0.0.1] [--port 8765]`."""

    help = "Run the carrier of sandbox accounts, which rings nobody; manage.py run does so by itself."
    #: Of pages and rules, none of which it has.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8765, help="port (default: %(default)s)")
        parser.add_argument("--listener", type=int, help="number of an open socket that listens there already")

    def handle(self, *, host: str, port: int, listener: int | None, **_: Any) -> None:
        """Run until a signal asks to stop."""
        # Known before the first request comes, so that a carrier that is started anew turns nobody away.
        known = carrier_accounts()
        telling = (f"http://127.0.0.1:{port}", known)
        threading.Thread(target=_keep_told, args=telling, name="accounts", daemon=True).start()
        problem = run(
            {
                "host": host,
                "port": port,
                "listener": listener,
                "port_file": None,
                "time_factor": settings.DIALER_SANDBOX_TIME_FACTOR,
                "seed": int.from_bytes(os.urandom(4), "big"),
                "accounts": known,
                "stop_with_parent": False,
            }
        )
        if problem is not None:
            raise CommandError(problem)


def _keep_told(url: str, told: dict[str, dict[str, Any]]) -> None:
    """Tell the carrier of accounts that are new since ``told``, for as long as the process lives.

    A database that is away is waited for, and the carrier's own start is.
    """
    carrier, wait = SandboxClient(url), threading.Event()
    while not wait.wait(LOOKS_EVERY):
        try:
            told = follow(carrier, told)
        except Error as error:
            log.warning("sandbox accounts not read", error=type(error).__name__)
            connection.close()
        except (httpx.HTTPError, SandboxError) as error:
            log.warning("sandbox carrier not told", error=type(error).__name__)
