"""How far many campaigns are, for pages that show them together: the counts that progress has, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.explaining.progress import _ATTEMPTS, _DUE, _LEADS
from campaigns.models import LEAD_ENDS
from dialer.providers.vocabulary import Outcome

#: Nothing rang: such an end says nothing of whether people answer.
NOTHING_RANG = frozenset({Outcome.REFUSED, Outcome.CANCELED})


@dataclass(slots=True, kw_only=True)
class Counts:
    """Of one campaign. ``due_is_at_least``: more are due than ``due`` says."""

    leads_by_state: dict[str, int] = field(default_factory=dict)
    attempts_by_outcome: dict[str, int] = field(default_factory=dict)
    live: int = 0
    due: int = 0
    due_is_at_least: bool = False
    next_due_at: datetime | None = None

    @property
    def leads(self) -> int:
        """All leads."""
        return sum(self.leads_by_state.values())

    @property
    def done(self) -> int:
        """Leads that have ended."""
        return sum(self.leads_by_state.get(state, 0) for state in LEAD_ENDS)

    @property
    def open(self) -> int:
        """Leads that wait or are called."""
        return self.leads - self.done

    @property
    def done_percent(self) -> int:
        """How much of it is done, rounded down: 100 once all is."""
        return 100 * self.done // self.leads if self.leads else 0

    @property
    def answered_percent(self) -> int | None:
        """How many of its ended calls were answered; None where nothing rang yet."""
        return answered_percent(self.attempts_by_outcome)


def answered_percent(by_outcome: Mapping[str, int]) -> int | None:
    """Return how many in a hundred calls were answered, of those at which something rang; None where none did."""
    rang = sum(calls for outcome, calls in by_outcome.items() if outcome not in NOTHING_RANG)
    return round(100 * by_outcome.get(Outcome.ANSWERED, 0) / rang) if rang else None


def read_counts(cursor: Any, *, campaign_ids: Sequence[int], now: datetime) -> dict[int, Counts]:
    """Return the counts of each campaign."""
    ids = list(campaign_ids)
    found = {pk: Counts() for pk in ids}
    if not ids:
        return found
    cursor.execute(_LEADS, [ids])
    for pk, state, number in cursor.fetchall():
        found[pk].leads_by_state[state] = number
    cursor.execute(_ATTEMPTS, [ids])
    for pk, outcome, number, _ in cursor.fetchall():
        if outcome == "LIVE":
            found[pk].live = number
        else:
            found[pk].attempts_by_outcome[outcome] = number
    cursor.execute(_DUE, [now, ids])
    for pk, due, next_due_at in cursor.fetchall():
        found[pk].due, found[pk].next_due_at = due, next_due_at
    return found
