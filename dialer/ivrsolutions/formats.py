"""How IVR Solutions writes numbers, dates and schedules (its document, "Phone number format" and "Scheduling").

Callers give E.164 numbers and aware datetimes; the three spellings of numbers are the document's own examples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_SEPARATORS = re.compile(r"[\s().-]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NATIONAL = re.compile(r"0?[1-9][0-9]{9}")
_INDIAN = re.compile(r"\+91[0-9]{10}")


def full(number: str) -> str:
    """Return ``number`` with its country code (``+919876543210``). Raises ValueError when it is not E.164."""
    stripped = _SEPARATORS.sub("", number)
    if not _E164.fullmatch(stripped):
        raise ValueError("the number is not E.164, e.g. +91 and ten digits")
    return stripped


def dialed(number: str) -> str:
    """Return ``number`` as the dial operations show it: ``0`` and ten digits in India, else with country code."""
    stripped = full(number)
    return f"0{stripped[3:]}" if _INDIAN.fullmatch(stripped) else stripped


def bare(number: str) -> str:
    """Return ``number`` as the log look-ups show it: ten digits in India, else with country code."""
    stripped = full(number)
    return stripped[3:] if _INDIAN.fullmatch(stripped) else stripped


def e164(number: str | None) -> str | None:
    """Return a DID as replies write it (``+91…``, ``0`` and ten digits, ten digits) in E.164, or None for others.

    The one reader of DIDs: the document's own example ``+911onal60123`` is none, nor is an Indian number of other
    than ten digits.
    """
    stripped = _SEPARATORS.sub("", number or "")
    if _NATIONAL.fullmatch(stripped):
        return f"+91{stripped[-10:]}"
    with_plus = stripped if stripped.startswith("+") else f"+{stripped}"
    if with_plus.startswith("+91"):
        return with_plus if _INDIAN.fullmatch(with_plus) else None
    return with_plus if _E164.fullmatch(with_plus) else None


def zone(name: str) -> ZoneInfo:
    """Return the time zone called ``name``. Raises ValueError when there is none: times would be off by hours."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"time zone {name!r} does not exist, use an IANA name such as Asia/Kolkata") from error


def local_time(at: datetime, *, time_zone: str) -> str:
    """Return an aware instant as ``YYYY-MM-DD HH:MM:SS`` on the clocks of ``time_zone``. Raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("the datetime has no time zone")
    return at.astimezone(zone(time_zone)).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a call shall start: an aware instant, and the zone in which it is told to the provider."""

    at: datetime
    time_zone: str

    def fields(self) -> dict[str, str]:
        """Return ``schedule_datetime`` and ``timezone``, which go together. Raises ValueError."""
        return {"schedule_datetime": local_time(self.at, time_zone=self.time_zone), "timezone": self.time_zone}


def schedule_fields(schedule: Schedule | None) -> dict[str, str]:
    """Return the fields of ``schedule``; without one the call starts at once."""
    return schedule.fields() if schedule else {}


def flag(value: bool | None) -> str | None:
    """Return a flag as the document writes it: ``"0"`` or ``"1"``; None stays unsaid."""
    return None if value is None else str(int(value))
