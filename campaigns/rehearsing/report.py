"""What came of a rehearsal, beside what was foreseen for the campaign that it rehearses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.explaining.progress import Progress, campaign_progress
from campaigns.models import OVER, Rehearsal


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure, as it was foreseen and as it came; ``foreseen`` None: nothing was foreseen of it."""

    name: str
    said: str
    foreseen: int | None
    came: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``lasted`` and ``foreseen_to_last``: in seconds, the first one in the hurry of a rehearsal."""

    rehearsal: Rehearsal
    is_over: bool
    rows: Sequence[Row]
    lasted: float | None
    foreseen_to_last: float | None
    progress: Progress

    @property
    def lasted_said(self) -> str:
        """How long it took, in words."""
        return _said(self.lasted) if self.lasted is not None else ""

    @property
    def foreseen_said(self) -> str:
        """How long the campaign itself would take, in words."""
        return _said(self.foreseen_to_last) if self.foreseen_to_last is not None else ""


def report_of(*, rehearsal: Rehearsal, now: datetime) -> Report:
    """Return the figures of a rehearsal as they are now."""
    campaign, foreseen = rehearsal.campaign, rehearsal.forecast
    progress = campaign_progress([campaign.pk], now=now)[campaign.pk]
    is_over = campaign.state in OVER
    ended_at = campaign.state_changed_at if is_over else now
    lasted = (ended_at - campaign.started_at).total_seconds() if campaign.started_at and ended_at else None
    return Report(
        rehearsal=rehearsal,
        is_over=is_over,
        rows=_rows(foreseen, progress),
        lasted=lasted,
        foreseen_to_last=_foreseen_seconds(foreseen),
        progress=progress,
    )


def _rows(foreseen: Mapping[str, Any], progress: Progress) -> list[Row]:
    leads, calls = progress.leads_by_state, progress.attempts_by_outcome
    return [
        Row(name="people", said="People in the lists", foreseen=foreseen.get("people"), came=progress.leads_total),
        Row(
            name="suppressed",
            said="Suppressed, not called",
            foreseen=foreseen.get("suppressed"),
            came=leads.get("SUPPRESSED", 0),
        ),
        Row(name="calls", said="Calls", foreseen=foreseen.get("calls"), came=progress.attempts_total),
        Row(name="answered", said="Answered", foreseen=foreseen.get("answered"), came=calls.get("ANSWERED", 0)),
        Row(
            name="not_reached",
            said="Not reached in any attempt",
            foreseen=foreseen.get("not_reached"),
            came=leads.get("EXHAUSTED", 0),
        ),
        Row(name="refused", said="Refused by the provider", foreseen=None, came=calls.get("REFUSED", 0)),
        Row(name="without_result", said="Without a result", foreseen=None, came=progress.calls_without_result),
    ]


def _foreseen_seconds(foreseen: Mapping[str, Any]) -> float | None:
    first, last = foreseen.get("first_call_at"), foreseen.get("finish_at")
    if not first or not last:
        return None
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def _said(seconds: float) -> str:
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 100:
        return f"{seconds:.0f} s"
    if minutes < 100:
        return f"{minutes} min"
    return f"{hours} h" if hours < 48 else f"{hours / 24:.1f} days"
