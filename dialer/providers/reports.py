"""What a provider tells of calls: a report of one, its parties, a page of a log, free room.

``dialer.providers.base`` gives it all again: import from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.providers.vocabulary import Outcome, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """What a push, a poll or a log row says of one call, in our words. Unsaid fields are None.

    ``outcome`` is set when ``phase`` is ENDED. Datetimes are aware, UTC. ``raw`` is the payload as it came.
    ``dedupe_key`` is equal for repeats of one log row, None where the provider gives its rows no identity.
    ``is_outbound`` is None where the provider does not say who called whom; ``was_transferred``: whether the call went
    on elsewhere when its bot had left. ``source`` is written by who took it in:
    PUSH, POLL or LOG.
    """

    phase: Phase
    reference: str | None = None
    external_id: str | None = None
    to_number: str | None = None
    from_number: str | None = None
    outcome: Outcome | None = None
    disposition: str | None = None
    duration_seconds: float | None = None
    talk_seconds: float | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recording_url: str | None = None
    disconnected_by: str | None = None
    transcript: Any = None
    analysis: Any = None
    digits: str | None = None
    cost: str | None = None
    raw: Any = None
    dedupe_key: str | None = None
    is_outbound: bool | None = None
    was_transferred: bool | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party of a call: its role (agent, destination, participant) and state in the provider's own words."""

    role: str
    number: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """A provider's free room: ``available`` of ``maximum`` calls.

    ``calls``: what it counts as live at present, of all its customers; None where that is not known of every worker.
    ``workers`` is equal for readings of the same processes: another text means that one was started anew.
    """

    available: int
    maximum: int
    calls: int | None = None
    workers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """What to ask of a provider's call log. ``cursor`` is what the last LogPage gave, None for the first page.

    ``whole``: everything between the times, and not only what is new since the cursor; for use after ``full`` pages.
    """

    since_at: datetime
    until_at: datetime
    to_number: str | None = None
    cursor: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """One page of a call log. ``full``: the provider cut it, and rows may be missing that no further page gives.

    ``leaves_out``: rows are left out of ``reports`` that may be calls of ours, as they say too little.
    ``is_damaged``: it was no clean JSON, and is read as far as it goes. ``unread``: rows that cannot be read.
    """

    reports: tuple[CallReport, ...]
    next_cursor: str | None = None
    full: bool = False
    leaves_out: bool = False
    is_damaged: bool = False
    unread: int = 0
