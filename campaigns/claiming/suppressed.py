"""Which numbers may not be called now: on a suppression list that holds for the campaign, held, or on the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.claiming.due import DueLead

#: The rule of a skip that a suppression list decides, and how the reason of a lead that waits for its end begins.
SUPPRESSION = "SUPPRESSION"
SUPPRESSED_UNTIL = "Number is suppressed until "
#: The rule of a skip while nobody has decided whether the person refuses calls, and the reason of its lead, which is
#: looked at again after this long; a decision brings it forward at once.
HELD, HELD_SECONDS = "HELD", 3600
HELD_REASON = "Held: somebody must decide whether the person refuses calls"
#: A suppressed number ``s`` on a list ``sl`` that holds for a campaign at an instant.
SUPPRESSED = """campaigns_suppressednumber s
  JOIN campaigns_suppressionlist sl ON sl.id = s.suppression_list_id
   AND (s.until IS NULL OR s.until > %(now)s)
   AND (sl.applies_to_all OR EXISTS (
        SELECT 1 FROM campaigns_campaign_suppression_lists cs
         WHERE cs.campaign_id = %(campaign)s AND cs.suppressionlist_id = sl.id))"""

#: What holds a number, whatever the campaign: words ``h`` of a call that may refuse others, and nobody has decided yet.
HOLDING = "campaigns_possibleoptout h WHERE h.decided_at IS NULL"

#: Whether the calls of a campaign are rehearsed: they neither hold up nor wait for calls that ring somebody.
REHEARSED = """(SELECT r.is_sandbox FROM campaigns_campaign k JOIN dialer_provideraccount r ON r.id = k.account_id
                    WHERE k.id = %(campaign)s)"""

_UNAVAILABLE = f"""
SELECT s.number, 'SUPPRESSED', CASE WHEN bool_and(s.until IS NOT NULL) THEN max(s.until) END
  FROM {SUPPRESSED} WHERE s.number = ANY(%(numbers)s) GROUP BY 1
UNION ALL
SELECT DISTINCT h.number, 'HELD', NULL::timestamptz FROM {HOLDING} AND h.number = ANY(%(numbers)s)
UNION ALL
SELECT a.number, 'LIVE', NULL FROM campaigns_attempt a WHERE a.number = ANY(%(numbers)s) AND a.ended_at IS NULL
   AND a.is_rehearsal = {REHEARSED}
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Numbers that may not be called: suppressed until an instant (None: for ever), held for a decision, in a call.

    ``only_other``: other numbers of persons, suppressed for ever where the contact's own is not: that one is rung then.
    Whose other number is suppressed until an instant waits for that: somebody has asked for it.
    ``of_person``: all numbers of the person who has one of these, where there are several.
    """

    suppressed: Mapping[str, datetime | None]
    held: frozenset[str]
    on_the_line: frozenset[str]
    only_other: frozenset[str] = frozenset()
    of_person: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def numbers_of(self, numbers: Iterable[str]) -> list[str]:
        """Return these numbers and the others of their persons."""
        return list(dict.fromkeys(one for number in numbers for one in self.of_person.get(number, (number,))))


def unavailable_numbers(cursor: Any, *, campaign_id: int, numbers: Sequence[str], now: datetime) -> Unavailable:
    """Return which of these numbers may not be called for this campaign, and why."""
    cursor.execute(_UNAVAILABLE, {"campaign": campaign_id, "numbers": list(numbers), "now": now})
    rows = cursor.fetchall()
    return Unavailable(
        suppressed={number: until for number, kind, until in rows if kind == "SUPPRESSED"},
        held=frozenset(number for number, kind, _ in rows if kind == "HELD"),
        on_the_line=frozenset(number for number, kind, _ in rows if kind == "LIVE"),
    )


def unavailable_people(cursor: Any, *, campaign_id: int, leads: Sequence[DueLead], now: datetime) -> Unavailable:
    """Return, by the number that each lead rings now, whether its person may not be called for this campaign, and why.

    A person is suppressed by that number and by the contact's own; held, or on the line, by any that is known.
    """
    numbers = list(dict.fromkeys(number for lead in leads for number in lead.numbers))
    found = unavailable_numbers(cursor, campaign_id=campaign_id, numbers=numbers, now=now)
    if all(len(lead.numbers) == 1 for lead in leads):
        return found
    suppressed: dict[str, datetime | None] = {}
    only_other = set()
    for lead in leads:
        own = lead.own_number or lead.number
        untils = [found.suppressed[number] for number in {lead.number, own} if number in found.suppressed]
        if untils:
            suppressed[lead.number] = None if None in untils else max(until for until in untils if until)
            if own not in found.suppressed and None in untils:
                only_other.add(lead.number)
    return Unavailable(
        suppressed=suppressed,
        held=_any_of(found.held, leads),
        on_the_line=_any_of(found.on_the_line, leads),
        only_other=frozenset(only_other),
        of_person={lead.number: lead.numbers for lead in leads if len(lead.numbers) > 1},
    )


def _any_of(numbers: frozenset[str], leads: Iterable[DueLead]) -> frozenset[str]:
    return frozenset(lead.number for lead in leads if not numbers.isdisjoint(lead.numbers))
