"""Tells of findings where an operator looks: in the log of each worker that starts."""

from __future__ import annotations

from typing import Any

import structlog
from celery.signals import worker_ready

from dialer.checks.running import findings

log = structlog.get_logger(__name__)


@worker_ready.connect
def tell_at_start(**_: Any) -> None:
    """Log what the checks find, as nobody may ever run them."""
    for found in findings():
        log.log(found.level, "check", check=found.id, finding=found.msg, hint=found.hint)
