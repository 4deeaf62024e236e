"""One rule, looked at: whether it lets a call through now, its values, and from when it does if that is known. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Limit(enum.StrEnum):
    """What may keep a call back, besides the rules of ``campaigns.rules.deciding``."""

    LEAD_STATE = "LEAD_STATE"
    CAMPAIGN_STATE = "CAMPAIGN_STATE"
    READINESS = "READINESS"
    PROVIDER_DIALER = "PROVIDER_DIALER"
    HOME = "HOME"
    KILL_SWITCH = "KILL_SWITCH"
    CLOCK = "CLOCK"
    ACCOUNT = "ACCOUNT"
    BACK_OFF = "BACK_OFF"
    PROBE = "PROBE"
    FLEET = "FLEET"
    ACCOUNT_LIMIT = "ACCOUNT_LIMIT"
    RATE = "RATE"
    CAMPAIGN_LIMIT = "CAMPAIGN_LIMIT"
    DID = "DID"
    AGENT = "AGENT"
    HOURS = "HOURS"
    DUE = "DUE"
    STANDING_IN = "STANDING_IN"
    SUPPRESSION = "SUPPRESSION"
    HELD = "HELD"
    ON_THE_LINE = "ON_THE_LINE"
    RULES = "RULES"
    RETRY = "RETRY"
    RESULTS = "RESULTS"
    NOTHING_DUE = "NOTHING_DUE"
    NONE = "NONE"


class Mends(enum.StrEnum):
    """What lets a call through that a rule refuses."""

    TIME = "TIME"
    ROOM = "ROOM"
    PERSON = "PERSON"
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule at an instant. ``mends`` is None where it lets the call through; ``until``: from then on it does."""

    limit: Limit
    said: str
    mends: Mends | None = None
    until: datetime | None = None
    rule: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    room: int | None = None

    @property
    def is_ok(self) -> bool:
        """Whether it lets the call through."""
        return self.mends is None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; instants stay datetimes."""
        return {
            "limit": str(self.limit),
            "ok": self.is_ok,
            "rule": self.rule or str(self.limit),
            "said": self.said,
            "mended_by": str(self.mends) if self.mends else None,
            "until": self.until,
            "room": self.room,
            "values": dict(self.values),
        }


_WEIGHT = {Mends.NEVER: 0, Mends.PERSON: 1, Mends.TIME: 2, Mends.ROOM: 3}


def strongest(checks: Iterable[Check]) -> Check | None:
    """Return the check that decides: what never mends first, room last; of those that time mends the latest."""
    refusing = [check for check in checks if check.mends is not None]
    return min(refusing, key=_strength, default=None)


def _strength(check: Check) -> tuple[int, float]:
    until = check.until.timestamp() if check.until is not None else 0.0
    return _WEIGHT[check.mends] if check.mends else len(_WEIGHT), -until


def by_time(checks: Iterable[Check]) -> datetime | None:
    """Return from when on time has mended all that time mends; None where nothing waits for it."""
    return max((check.until for check in checks if check.until is not None and not check.is_ok), default=None)


def never_by_itself(checks: Iterable[Check]) -> bool:
    """Return whether something refuses that neither time nor room mends."""
    return any(check.mends in (Mends.NEVER, Mends.PERSON) for check in checks)
