"""Which numbers may not be called now: on a suppression list that holds for the campaign, held, or on the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    """Numbers that may not be called: suppressed until an instant (None: for ever), held for a decision, in a call."""

    suppressed: Mapping[str, datetime | None]
    held: frozenset[str]
    on_the_line: frozenset[str]


def unavailable_numbers(cursor: Any, *, campaign_id: int, numbers: Sequence[str], now: datetime) -> Unavailable:
    """Return which of these numbers may not be called for this campaign, and why."""
    cursor.execute(_UNAVAILABLE, {"campaign": campaign_id, "numbers": list(numbers), "now": now})
    rows = cursor.fetchall()
    return Unavailable(
        suppressed={number: until for number, kind, until in rows if kind == "SUPPRESSED"},
        held=frozenset(number for number, kind, _ in rows if kind == "HELD"),
        on_the_line=frozenset(number for number, kind, _ in rows if kind == "LIVE"),
    )
