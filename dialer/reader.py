"""Whose clock the person has who reads what is said now. Pages set it and nobody else, so that REST stays as it is.

An instant that belongs to a campaign is said by the reader's clock, and by the campaign's beside it where they differ.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from dialer.wall_clocks import LAST_INSTANT, at_clock, zone_letters

_zone: ContextVar[str] = ContextVar("zone of the reader", default="")


def zone() -> str:
    """Return the IANA name of the reader's zone; empty where nobody chose one."""
    return _zone.get()


@contextmanager
def reading_in(name: str) -> Iterator[None]:
    """Say instants by the clock of a zone for the time of a block; empty: by that of what they belong to."""
    token = _zone.set(name)
    try:
        yield
    finally:
        _zone.reset(token)


def at_clocks(instant: datetime, *, zone: str, now: datetime, seconds: bool = False) -> str:
    """Return an instant as the reader says it, and beside it as ``zone`` does where that is another time.

    ``zone``: the IANA name of whom it belongs to, empty for UTC. Without a reader it is said by that clock alone.
    """
    own = at_clock(instant, zone=zone or "UTC", now=now, seconds=seconds)
    reader = _zone.get()
    if not reader:
        return own
    read = at_clock(instant, zone=reader, now=now, seconds=seconds)
    return f"{read} ({own})" if zone and not _agree(instant, reader, zone) else read


def letters(at: datetime) -> str:
    """Return what the reader's zone is called at an instant: IST."""
    return zone_letters(at.astimezone(zoneinfo.ZoneInfo(_zone.get() or "UTC")))


def _agree(instant: datetime, first: str, second: str) -> bool:
    try:
        zones = (zoneinfo.ZoneInfo(first), zoneinfo.ZoneInfo(second))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    one, other = (min(instant, LAST_INSTANT).astimezone(info) for info in zones)
    return one.utcoffset() == other.utcoffset()
