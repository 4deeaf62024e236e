"""Decides whether words of a call refuse others, as a person says. Until then nobody calls the number.

A doubt is decided once, by the first who does. An opt-out suppresses the number as one that was heard clearly, and
decides what else is open about it; leads that waited for the decision are looked at at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.acts import DECIDE
from campaigns.leads.rechecking import hold_lifted
from campaigns.models import OptOutDecision, PossibleOptOut
from campaigns.settling.opt_out_rows import record_opt_out, suppress_person
from dialer.audit import record_many

#: So many are decided at once.
MOST_AT_ONCE = 5_000
#: So many that wait are counted; beyond that nobody needs the figure.
MOST_COUNTED = 1_000


class UnableToDecide(Exception):
    """Nothing was decided, and why; ``field``: of which value."""

    def __init__(self, reason: str, *, field: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """``decided``: rows of this decision, others about the same numbers among them. ``earlier``: decided before."""

    decided: Sequence[int]
    earlier: Sequence[PossibleOptOut]

    @property
    def earlier_said(self) -> list[str]:
        """Return a sentence for each that somebody else had decided."""
        return [
            f"#{one.pk} was decided before: {one.get_decision_display()}, by {one.decided_by} at "
            f"{one.decided_at:%Y-%m-%d %H:%M} UTC."
            for one in self.earlier
        ]


@dataclass(frozen=True, slots=True)
class _Doubt:
    id: int
    number: str
    attempt_id: int
    heard_in: str
    said: str
    event_id: int | None


# In the order of numbers, see ``opt_out_rows``. An opt-out decides what else is open about its number.
_LOCK = """
SELECT id, number, attempt_id, heard_in, said, event_id FROM campaigns_possibleoptout
 WHERE decided_at IS NULL AND (id = ANY(%(ids)s) OR (%(whole)s AND number IN (
       SELECT number FROM campaigns_possibleoptout WHERE id = ANY(%(ids)s) AND decided_at IS NULL)))
 ORDER BY number, id FOR NO KEY UPDATE
"""
_DECIDE = """
UPDATE campaigns_possibleoptout
   SET decision = %(decision)s, until = %(until)s, decided_by = %(by)s, decided_at = %(now)s
 WHERE id = ANY(%(ids)s) AND decided_at IS NULL RETURNING id
"""


def decide(
    *, ids: Collection[int], decision: OptOutDecision, until: datetime | None = None, by: str, now: datetime
) -> Decided:
    """Decide on possible opt-outs; one that somebody else has decided stays as it is, and is named.

    ``until``: with OPT_OUT_UNTIL, after ``now``. Raises UnableToDecide.
    """
    _check(ids, decision, until, now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": list(ids), "whole": decision == OptOutDecision.OPT_OUT})
        doubts = [_Doubt(*row) for row in cursor.fetchall()]
        locked = [doubt.id for doubt in doubts]
        values = {"decision": decision.value, "until": until, "by": by[:150], "now": now, "ids": locked}
        cursor.execute(_DECIDE, values)
        decided = {row[0] for row in cursor.fetchall()}
        for doubt in doubts:
            if doubt.id in decided and doubt.id in ids:
                _suppress(cursor, doubt, decision=decision, until=until, by=by, now=now)
    if decided:
        # Leads that wait for what is decided now; those that became suppressed say so at once.
        hold_lifted(numbers={doubt.number for doubt in doubts}, now=now)
        _record(decided, decision, until, now)
    earlier = PossibleOptOut.objects.filter(pk__in=set(ids) - decided).order_by("pk")
    return Decided(decided=sorted(decided), earlier=list(earlier))


def waiting_count(*, campaign_id: int | None = None) -> int:
    """Return how many wait to be decided, of a campaign or of all; counted up to MOST_COUNTED."""
    waiting = PossibleOptOut.objects.filter(decided_at=None)
    if campaign_id is not None:
        waiting = waiting.filter(campaign_id=campaign_id)
    return waiting.order_by()[:MOST_COUNTED].count()


def _record(decided: Collection[int], decision: OptOutDecision, until: datetime | None, now: datetime) -> None:
    rows = PossibleOptOut.objects.select_related("campaign").filter(pk__in=decided).order_by("pk")
    details = {"until": until.isoformat()} if until else {}
    changes = {"decision": [None, decision.value]}
    record_many(act=DECIDE.name, what="Decided", subjects=rows, changes=changes, details=details, now=now)


def _check(ids: Collection[int], decision: OptOutDecision, until: datetime | None, now: datetime) -> None:
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise UnableToDecide(f"Choose 1 to {MOST_AT_ONCE}.", field="ids")
    known = set(PossibleOptOut.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if unknown := sorted(set(ids) - known):
        raise UnableToDecide(f"There is no possible opt-out {', '.join(map(str, unknown[:10]))}.", field="ids")
    if decision == OptOutDecision.OPT_OUT_UNTIL and (until is None or until <= now):
        raise UnableToDecide("Enter until when the number is not called, after now.", field="until")
    if decision != OptOutDecision.OPT_OUT_UNTIL and until is not None:
        raise UnableToDecide("A date goes with an opt-out until a date only.", field="until")


def _suppress(
    cursor: Any, doubt: _Doubt, *, decision: OptOutDecision, until: datetime | None, by: str, now: datetime
) -> None:
    if decision == OptOutDecision.NOT_OPT_OUT:
        return
    words = f"{doubt.heard_in}: {doubt.said[:120]}"
    if decision == OptOutDecision.OPT_OUT:
        record_opt_out(
            cursor,
            attempt_id=doubt.attempt_id,
            number=doubt.number,
            words=words,
            event_id=doubt.event_id,
            by=by,
            now=now,
        )
    reason = f"Attempt #{doubt.attempt_id}, {words}, as {by} decided"
    suppress_person(cursor, attempt_id=doubt.attempt_id, number=doubt.number, reason=reason, until=until, now=now)
