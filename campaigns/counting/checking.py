"""Holds the kept counts against the rows that they are of, and puts right what differs.

This goes through all leads and attempts of the campaigns that it is asked for; nothing that people wait for does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``kept`` counts what has been deleted since no more, so that it should be what is there."""

    campaign_id: int
    counted: str
    value: str
    kept: int
    there: int

    def __str__(self) -> str:
        return f"campaign #{self.campaign_id}, {self.counted} {self.value}: kept {self.kept:,}, there {self.there:,}"


# All in one statement, so that both sides are of one instant however much is under way: a change that is committed
# later is in neither. For the same reason what is found can be added as one more change, at any time.
_DIFFERENCES = """
WITH kept AS (
    SELECT campaign_id, counted, value, sum(number)::bigint AS number FROM (
           SELECT campaign_id, counted, value, number - gone AS number FROM campaigns_keptcount
            WHERE campaign_id = ANY(%(campaigns)s)
            UNION ALL
           SELECT campaign_id, CASE WHEN outcome IS NULL THEN 'LEADS' ELSE 'OUTCOME' END,
                  COALESCE(outcome, lead_state), CASE WHEN is_gone THEN -number ELSE number END
             FROM campaigns_countchange WHERE campaign_id = ANY(%(campaigns)s)) k
     GROUP BY 1, 2, 3
), there AS (
    SELECT campaign_id, 'LEADS' AS counted, state AS value, count(*) AS number
      FROM campaigns_lead WHERE campaign_id = ANY(%(campaigns)s) GROUP BY 1, 3
    UNION ALL
    SELECT campaign_id, 'OUTCOME', outcome, count(*)
      FROM campaigns_attempt WHERE campaign_id = ANY(%(campaigns)s) AND ended_at IS NOT NULL GROUP BY 1, 3
), differing AS (
    SELECT campaign_id, counted, value, COALESCE(k.number, 0) AS kept, COALESCE(t.number, 0) AS there
      FROM kept k FULL JOIN there t USING (campaign_id, counted, value)
     WHERE COALESCE(k.number, 0) <> COALESCE(t.number, 0)
)
"""
_FIND = f"{_DIFFERENCES} SELECT campaign_id, counted, value, kept, there FROM differing ORDER BY 1, 2, 3"  # noqa: S608
_PUT_RIGHT = f"""
{_DIFFERENCES}, added AS (
    INSERT INTO campaigns_countchange (campaign_id, lead_state, outcome, number)
    SELECT campaign_id, CASE counted WHEN 'LEADS' THEN value END, CASE counted WHEN 'OUTCOME' THEN value END,
           there - kept FROM differing
)
SELECT campaign_id, counted, value, kept, there FROM differing ORDER BY 1, 2, 3
"""  # noqa: S608


def differences(cursor: Any, *, campaign_ids: Sequence[int]) -> list[Difference]:
    """Return where the kept counts of campaigns are not what their leads and attempts come to: nowhere, we trust."""
    return _found(cursor, _FIND, campaign_ids)


def put_right(cursor: Any, *, campaign_ids: Sequence[int]) -> list[Difference]:
    """Make the kept counts what the rows come to, while calls go on; return what differed."""
    return _found(cursor, _PUT_RIGHT, campaign_ids)


def _found(cursor: Any, statement: str, campaign_ids: Sequence[int]) -> list[Difference]:
    cursor.execute(statement, {"campaigns": list(campaign_ids)})
    return [
        Difference(campaign_id=campaign_id, counted=counted, value=value, kept=kept, there=there)
        for campaign_id, counted, value, kept, there in cursor.fetchall()
    ]


_NOTE_GONE = """
INSERT INTO campaigns_countchange (campaign_id, outcome, number, is_gone)
SELECT campaign_id, outcome, count(*), true FROM {table} WHERE ended_at IS NOT NULL GROUP BY 1, 2
"""


def note_gone(cursor: Any, *, table: str) -> None:
    """Note that the attempts of a table, a part of ``campaigns_attempt``, are about to go with it.

    For who detaches or drops the part, in the same transaction and under a lock that lets nobody write to it.
    Statements that delete rows need no such word.
    """
    cursor.execute(sql.SQL(_NOTE_GONE).format(table=sql.Identifier(table)))
