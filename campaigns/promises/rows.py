"""The calls that an audit goes through, in the order in which they began, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from campaigns.promises.call import Call

#: So many rows are in memory at one time.
PIECE_ROWS = 5_000


# What was live since then; without a limit, all that is stored.
_CALLS = """
SELECT a.id, a.lead_id, a.campaign_id, a.account_id, a.did_id, a.agent_id, a.number, a.placing_at, a.ended_at,
       a.duration_seconds, a.rules_version_id,
       CASE WHEN a.grounds IS NOT NULL
            THEN ARRAY(SELECT jsonb_array_elements_text(a.grounds::jsonb -> 'zones')) END,
       c.runs_on = 'HERE', a.is_rehearsal, a.reserved_at
  FROM campaigns_attempt a JOIN campaigns_campaign c ON c.id = a.campaign_id
 WHERE a.placing_at IS NOT NULL {since}
 ORDER BY a.placing_at, a.id
"""
_SINCE = "AND (a.ended_at IS NULL OR a.ended_at > %(since)s)"


def calls(*, since: datetime | None) -> Iterator[Call]:
    """Yield the calls that were live at or after ``since``, None: all, by the instant at which they began.

    In the caller's transaction; memory does not grow with their number.
    """
    statement = _CALLS.format(since=_SINCE if since is not None else "")
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, {"since": since})
        while rows := cursor.fetchmany(PIECE_ROWS):
            yield from map(Call._make, rows)
