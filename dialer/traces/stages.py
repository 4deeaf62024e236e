"""The stages of a call under one id: a log line each at LOG_LEVEL=DEBUG, a span each where DIALER_TRACES_URL is set.

The id is the attempt's reference, which its row, REST and the provider have already. Nothing has to be handed from
process to process: all that work on an attempt know its trace. Without the setting its exporter is not loaded.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings

from dialer.logs.lines import shows_debug
from dialer.traces.stage import Stage

log = structlog.get_logger(__name__)


def are_told() -> bool:
    """Return whether anybody hears of stages; else nothing should be asked or computed for them."""
    return bool(settings.DIALER_TRACES_URL) or shows_debug()


def trace_id(reference: uuid.UUID) -> str:
    """Return the trace of an attempt as logs and traces have it: its reference without the dashes."""
    return reference.hex


def is_traced(reference: uuid.UUID) -> bool:
    """Return whether an attempt is among the share that is traced: every process says the same."""
    # The last 32 bits are random in every version that calls have had; the first ones of version 7 are the time.
    return bool(reference.int & 0xFFFF_FFFF < settings.DIALER_TRACES_SHARE * 2**32)


def nanoseconds(at: datetime) -> int:
    """Return an aware instant as nanoseconds since 1970."""
    return int(at.timestamp() * 1_000_000) * 1000


def tell(*, name: str, reference: uuid.UUID, began_ns: int, ended_ns: int | None = None, **about: Any) -> None:
    """Tell of a stage that is over, now unless ``ended_ns`` says when. Never raises."""
    stage = Stage(name=name, reference=reference, began_ns=began_ns, ended_ns=ended_ns or time.time_ns(), about=about)
    log.debug(
        "stage of a call",
        stage=name,
        trace_id=trace_id(reference),
        took_ms=round((stage.ended_ns - began_ns) / 1e6, 3),
        **about,
    )
    if settings.DIALER_TRACES_URL and is_traced(reference):
        _export(stage)


def get_ready() -> None:
    """Load what spans need, where they are wanted: else the first calls would wait for it."""
    if settings.DIALER_TRACES_URL:
        _export(None)


_has_failed = False


def _export(stage: Stage | None) -> None:
    global _has_failed
    try:
        from dialer.traces.spans import exporter  # OpenTelemetry is loaded with it

        made = exporter()
        if stage is not None:
            made.export(stage)
    except Exception:
        # A call goes on whether it is traced or not. Said once: each call would say it again.
        if not _has_failed:
            log.exception("calls are not traced")
        _has_failed = True
