"""The kept counts of a campaign's calls by what they are told apart by: hour, DID, list and so on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.counting.spreading import SPREAD
from campaigns.models import Counted


class Calls(NamedTuple):
    """So many ended calls of one kind that count as attempts, and how long people talked in them."""

    value: str
    outcome: str
    disposition: str
    number: int
    talk_ms: int


# One statement, so that all of it is of one instant. What it costs depends on how many DIDs, agents, dispositions and
# so on there are, not on how many calls.
_CALLS = f"""
SELECT counted, value, outcome, disposition, sum(number)::bigint, sum(talk_ms)::bigint FROM (
       SELECT counted, value, outcome, disposition, number, talk_ms FROM campaigns_keptcount
        WHERE campaign_id = %(campaign)s AND counted = ANY(%(counted)s)
        UNION ALL
       SELECT d.counted, d.value, d.outcome, d.disposition, t.number, t.talk_ms
         FROM campaigns_countchange t CROSS JOIN LATERAL {SPREAD}
        WHERE t.campaign_id = %(campaign)s AND NOT t.is_gone AND d.value IS NOT NULL
          AND d.counted = ANY(%(counted)s)) c
 GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0
"""  # noqa: S608


def as_counted(cursor: Any, *, dispositions: Collection[str]) -> set[str]:
    """Return dispositions as they are counted: in small letters, as PostgreSQL knows them."""
    cursor.execute("SELECT campaigns_word(word) FROM unnest(%s::text[]) AS given(word)", [list(dispositions)])
    return {row[0] for row in cursor.fetchall()}


def calls_by(cursor: Any, *, campaign_id: int, counted: Iterable[Counted]) -> Mapping[Counted, Sequence[Calls]]:
    """Return the calls of a campaign by each of these, in no order, deleted ones among them."""
    found: dict[str, list[Calls]] = {str(each): [] for each in counted}
    cursor.execute(_CALLS, {"campaign": campaign_id, "counted": list(found)})
    for kind, *calls in cursor.fetchall():
        found[kind].append(Calls._make(calls))
    return {Counted(kind): calls for kind, calls in found.items()}
