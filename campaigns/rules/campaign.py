"""Reads the rules of campaigns, and the calls that caps count: the one module of the rules that reads the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.rules.ruleset import CampaignRules, RulesRow, rules_of_row

#: Columns of a campaign ``c`` and its profile ``p``: those of a ``RulesRow``, in its order.
COLUMNS = """c.state, c.time_zone, c.hours_follow, c.window_opens, c.window_closes,
       CASE WHEN EXISTS (SELECT 1 FROM campaigns_callingwindow w WHERE w.campaign_id = c.id) THEN
           (SELECT jsonb_agg(to_jsonb(w) ORDER BY w.id) FROM campaigns_callingwindow w WHERE w.campaign_id = c.id)::text
       ELSE '' END,
       c.holiday_country, c.holiday_subdivision, c.blackout_dates::text, c.open_dates::text, c.starts_at, c.ends_at,
       c.caps::text, c.minimum_gap_seconds, c.purpose, c.did_rotation,
       CASE c.runs_on WHEN 'PROVIDER' THEN 1 ELSE c.max_attempts END, c.retry_rules::text,
       p.id, p.slug, p.version, p.rules::text,
       CASE WHEN (SELECT s.is_sandbox FROM dialer_provideraccount s WHERE s.id = c.account_id) THEN c.id END"""
JOIN = "LEFT JOIN campaigns_rulesprofile p ON p.id = c.profile_id"
WIDTH = len(RulesRow._fields)

_BY_ID = f"SELECT c.id, {COLUMNS} FROM campaigns_campaign c {JOIN} WHERE c.id = ANY(%s)"  # noqa: S608


def read_rules(cursor: Any, *, campaign_ids: Sequence[int]) -> dict[int, CampaignRules]:
    """Return the rules of campaigns by id."""
    cursor.execute(_BY_ID, [list(campaign_ids)])
    return {row[0]: rules_of_row(row[1:]) for row in cursor.fetchall()}


# A provider's own dialer calls some time after it was given a number, and nobody tells when: by the end at the latest.
_DIALS = """
SELECT a.number, array_agg(CASE WHEN EXISTS (SELECT FROM campaigns_hostednumber h WHERE h.attempt_id = a.id)
                                THEN COALESCE(a.ended_at, %(now)s) ELSE COALESCE(a.placing_at, a.reserved_at) END)
  FROM campaigns_attempt a
 WHERE a.number = ANY(%(numbers)s) AND a.is_burned IS NOT FALSE
   AND GREATEST(a.reserved_at, COALESCE(a.ended_at, %(now)s)) > %(now)s::timestamptz - make_interval(secs => %(back)s)
"""
_CALLS = f"{_DIALS} AND NOT a.is_rehearsal GROUP BY a.number"
_REHEARSED = f"{_DIALS} AND a.campaign_id = %(rehearsal)s GROUP BY a.number"


def calls_of(
    cursor: Any, *, numbers: Sequence[str], seconds: float, now: datetime, rehearsal: int | None
) -> Mapping[str, Sequence[datetime]]:
    """Return the dials of persons, over all campaigns, so many seconds back and a minute more; 0: none are read.

    ``rehearsal``: a campaign in the sandbox, of which only its own dials count, as they count for no other.
    A call of another account that begins and ends between this look and the insert would be missed: one that lives on
    keeps its number from being inserted twice.
    """
    if not seconds:
        return {}
    asked = {"numbers": list(numbers), "now": now, "back": seconds + 60.0, "rehearsal": rehearsal}
    cursor.execute(_CALLS if rehearsal is None else _REHEARSED, asked)
    return dict(cursor.fetchall())
