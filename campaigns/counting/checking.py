"""Holds the kept counts against the rows that they are of, and puts right what differs.

This goes through all leads and attempts of the campaigns that it is asked for; nothing that people wait for does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.counting.spreading import COLUMNS, OF_ATTEMPT, SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``kept`` leaves out what was deleted since, so that it should equal what is there. Talk in milliseconds."""

    campaign_id: int
    counted: str
    value: str
    kept: int
    there: int
    kept_talk_ms: int = 0
    there_talk_ms: int = 0
    outcome: str = ""
    disposition: str = ""

    def __str__(self) -> str:
        what = " ".join(part for part in (self.counted, self.value, self.outcome, self.disposition) if part)
        talk = f" ({self.kept_talk_ms:,} and {self.there_talk_ms:,} ms of talk)" if self._talk_differs else ""
        return f"campaign #{self.campaign_id}, {what}: kept {self.kept:,}, there {self.there:,}{talk}"

    @property
    def _talk_differs(self) -> bool:
        return self.kept_talk_ms != self.there_talk_ms


# All in one statement, so that both sides are of one instant however much is under way: a change that is committed
# later is in neither. For the same reason the difference can be added at any time, whatever was added meanwhile.
_DIFFERENCES = f"""
WITH kept AS (
    SELECT campaign_id, counted, value, outcome, disposition, sum(number)::bigint AS number,
           sum(talk_ms)::bigint AS talk_ms FROM (
           SELECT campaign_id, counted, value, outcome, disposition, number - gone AS number,
                  talk_ms - gone_talk_ms AS talk_ms FROM campaigns_keptcount WHERE campaign_id = ANY(%(campaigns)s)
            UNION ALL
           SELECT t.campaign_id, d.counted, d.value, d.outcome, d.disposition,
                  CASE WHEN t.is_gone THEN -t.number ELSE t.number END,
                  CASE WHEN t.is_gone THEN -t.talk_ms ELSE t.talk_ms END
             FROM campaigns_countchange t CROSS JOIN LATERAL {SPREAD}
            WHERE t.campaign_id = ANY(%(campaigns)s) AND d.value IS NOT NULL) k
     GROUP BY 1, 2, 3, 4, 5
), ended AS (
    SELECT {COLUMNS}, NULL::text AS lead_state, count(*) AS number, sum(talk_ms) AS talk_ms FROM (
           SELECT {OF_ATTEMPT} FROM campaigns_attempt a
            WHERE a.campaign_id = ANY(%(campaigns)s) AND a.ended_at IS NOT NULL) a
     GROUP BY {COLUMNS}
), there AS (
    SELECT campaign_id, 'LEADS' AS counted, state::text AS value, ''::text AS outcome, ''::text AS disposition,
           count(*) AS number, 0 AS talk_ms
      FROM campaigns_lead WHERE campaign_id = ANY(%(campaigns)s) GROUP BY 1, 3
    UNION ALL
    SELECT t.campaign_id, d.counted, d.value, d.outcome, d.disposition, sum(t.number)::bigint, sum(t.talk_ms)::bigint
      FROM ended t CROSS JOIN LATERAL {SPREAD} WHERE d.value IS NOT NULL GROUP BY 1, 2, 3, 4, 5
), differing AS (
    SELECT campaign_id, counted, value, outcome, disposition, COALESCE(k.number, 0) AS kept,
           COALESCE(t.number, 0) AS there, COALESCE(k.talk_ms, 0) AS kept_talk_ms,
           COALESCE(t.talk_ms, 0) AS there_talk_ms
      FROM kept k FULL JOIN there t USING (campaign_id, counted, value, outcome, disposition)
     WHERE COALESCE(k.number, 0) <> COALESCE(t.number, 0) OR COALESCE(k.talk_ms, 0) <> COALESCE(t.talk_ms, 0)
)
"""  # noqa: S608
_NAMES = (
    *("campaign_id", "counted", "value", "outcome", "disposition"),
    *("kept", "there", "kept_talk_ms", "there_talk_ms"),
)
_FOUND = f"SELECT {', '.join(_NAMES)} FROM differing ORDER BY 1, 2, 3, 4, 5"  # noqa: S608
_PUT_RIGHT = f"""
{_DIFFERENCES}, added AS (
    INSERT INTO campaigns_keptcount AS k (campaign_id, counted, value, outcome, disposition, number, talk_ms)
    SELECT campaign_id, counted, value, outcome, disposition, there - kept, there_talk_ms - kept_talk_ms
      FROM differing ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (campaign_id, counted, value, outcome, disposition)
        DO UPDATE SET number = k.number + EXCLUDED.number, talk_ms = k.talk_ms + EXCLUDED.talk_ms
)
{_FOUND}
"""  # noqa: S608


def differences(cursor: Any, *, campaign_ids: Sequence[int]) -> list[Difference]:
    """Return where the kept counts of campaigns are not what their leads and attempts come to: nowhere, we trust."""
    return _found(cursor, f"{_DIFFERENCES} {_FOUND}", campaign_ids)


def put_right(cursor: Any, *, campaign_ids: Sequence[int]) -> list[Difference]:
    """Make the kept counts what the rows come to, while calls go on; return what differed."""
    return _found(cursor, _PUT_RIGHT, campaign_ids)


def _found(cursor: Any, statement: str, campaign_ids: Sequence[int]) -> list[Difference]:
    cursor.execute(statement, {"campaigns": list(campaign_ids)})
    return [Difference(**dict(zip(_NAMES, row, strict=True))) for row in cursor.fetchall()]
