"""Tells of findings where an operator looks: in the log of each worker that starts.

Not in that of workers for long work alone, which stand beside the others.
"""

from __future__ import annotations

import sys
from typing import Any

import structlog
from celery.signals import worker_ready

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
