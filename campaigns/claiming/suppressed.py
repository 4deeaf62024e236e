"""Which numbers may not be called now: on a suppression list that holds for the campaign, or on the line already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

#: The rule of a skip that a suppression list decides, and how the reason of a lead that waits for its end begins.
SUPPRESSION = "SUPPRESSION"
SUPPRESSED_UNTIL = "Number is suppressed until "
#: A suppressed number ``s`` on a list ``sl`` that holds for a campaign at an instant.
SUPPRESSED = """campaigns_suppressednumber s
  JOIN campaigns_suppressionlist sl ON sl.id = s.suppression_list_id
   AND (s.until IS NULL OR s.until > %(now)s)
   AND (sl.applies_to_all OR EXISTS (
        SELECT 1 FROM campaigns_campaign_suppression_lists cs
         WHERE cs.campaign_id = %(campaign)s AND cs.suppressionlist_id = sl.id))"""


_UNAVAILABLE = f"""
SELECT s.number, TRUE, CASE WHEN bool_and(s.until IS NOT NULL) THEN max(s.until) END
  FROM {SUPPRESSED} WHERE s.number = ANY(%(numbers)s) GROUP BY 1
UNION ALL
SELECT a.number, FALSE, NULL FROM campaigns_attempt a WHERE a.number = ANY(%(numbers)s) AND a.ended_at IS NULL
"""  # noqa: S608


def unavailable_numbers(
    cursor: Any, *, campaign_id: int, numbers: Sequence[str], now: datetime
) -> tuple[dict[str, datetime | None], set[str]]:
    """Return the numbers that are suppressed for this campaign, and those that have a live call somewhere.

    With each suppressed number the instant at which no list has it any more; None: it is suppressed for ever.
    """
    cursor.execute(_UNAVAILABLE, {"campaign": campaign_id, "numbers": list(numbers), "now": now})
    suppressed: dict[str, datetime | None] = {}
    on_the_line: set[str] = set()
    for number, is_suppressed, until in cursor.fetchall():
        if is_suppressed:
            suppressed[number] = until
        else:
            on_the_line.add(number)
    return suppressed, on_the_line
