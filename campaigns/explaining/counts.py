"""How far many campaigns are, for pages that show them together: the counts that progress has, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.counting.totals import TOTALS, Totals
from campaigns.explaining.waiting import MOST_COUNTED, WAITING, Waiting
from dialer.providers.vocabulary import Outcome
from dialer.sql import rows_in_order

#: Nothing rang: such an end says nothing of whether people answer.
NOTHING_RANG = frozenset({Outcome.REFUSED, Outcome.CANCELED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one campaign: what is counted of its leads and calls, and what waits."""

    totals: Totals
    waiting: Waiting

    @property
    def leads(self) -> int:
        """All leads."""
        return self.totals.leads

    @property
    def done(self) -> int:
        """Leads that have ended, those that somebody or a stop canceled too: none of them is called again."""
        return self.totals.leads_ended

    @property
    def canceled(self) -> int:
        """Those of the ended ones that were canceled, as of a campaign that was stopped."""
        return self.totals.leads_canceled

    @property
    def open(self) -> int:
        """Leads that wait or are called."""
        return self.leads - self.done

    @property
    def live(self) -> int:
        """Calls without an end."""
        return self.totals.live_attempts

    @property
    def due(self) -> int:
        """Leads that wait for a slot only; more, where ``due_is_at_least``."""
        return self.waiting.due

    @property
    def due_is_at_least(self) -> bool:
        """Whether more are due than ``due`` says."""
        return self.waiting.is_at_least

    @property
    def done_percent(self) -> int:
        """How much of it is done, rounded down: 100 once all is."""
        return 100 * self.done // self.leads if self.leads else 0

    @property
    def answered_percent(self) -> int | None:
        """How many of its ended calls were answered; None where nothing rang yet."""
        return answered_percent(self.totals.attempts_by_outcome)


def answered_percent(by_outcome: Mapping[str, int]) -> int | None:
    """Return how many in a hundred calls were answered, of those at which something rang; None where none did."""
    rang = sum(calls for outcome, calls in by_outcome.items() if outcome not in NOTHING_RANG)
    return round(100 * by_outcome.get(Outcome.ANSWERED, 0) / rang) if rang else None


# Both in one statement: a page that renews itself asks no more often than it must.
_COUNTS = f"""
SELECT campaign_id, counted, value, number, NULL::boolean, NULL::timestamptz
  FROM ({TOTALS}) t(campaign_id, counted, value, number)
 UNION ALL
SELECT campaign_id, 'WAITING', '', due, is_at_least, first_at
  FROM ({WAITING}) w(campaign_id, due, is_at_least, first_at)
"""  # noqa: S608


def read_counts(*, campaign_ids: Sequence[int], now: datetime) -> dict[int, Counts]:
    """Return the counts of each campaign. One statement, whose cost does not depend on what has been called."""
    totals = {pk: Totals() for pk in campaign_ids}
    waiting = {pk: Waiting() for pk in campaign_ids}
    asked = {"campaigns": list(campaign_ids), "now": now, "most": MOST_COUNTED}
    for pk, counted, value, number, is_at_least, first_at in rows_in_order(_COUNTS, asked):
        if counted == "WAITING":
            waiting[pk] = Waiting(due=number, is_at_least=is_at_least, next_due_at=first_at)
        else:
            totals[pk].add(counted, value, number)
    return {pk: Counts(totals=totals[pk], waiting=waiting[pk]) for pk in campaign_ids}
