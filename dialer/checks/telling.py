"""Tells of findings where an operator looks: in the log of each worker that starts.

Not in that of workers for long work alone, which stand beside the others.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog
from celery.signals import worker_ready
from django.db import connection

from dialer.checks.running import findings
from dialer.processes import describe

log = structlog.get_logger(__name__)


@worker_ready.connect
def tell_at_start(**_: Any) -> None:
    """Log what the checks find, as nobody may ever run them."""
    if describe(sys.argv or [""]).kind == "batch":
        return
    for found in findings():
        log.log(found.level, "check", check=found.id, finding=found.msg, hint=found.hint)
    # It is the main thread's, which asks nothing more: a session of PostgreSQL takes memory for as long as it is there.
    connection.close()
