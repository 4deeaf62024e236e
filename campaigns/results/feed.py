"""The feed of results and notices: written with what it tells of, put into its order afterwards, read from a position.

An entry is written in the transaction of the thing itself, so that neither is without the other. One at a
time then gives positions to what is committed: an entry that a reader could see later never comes before one it has
seen. Readers keep the position they have read to, and nothing here knows who they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import close_old_connections, transaction

from campaigns.models import FeedEntry, FeedKind, FeedStart
from dialer.advisory_locks import AdvisoryLock, try_take
from dialer.sql import hot_cursor

MOST_PLACED = 20_000
#: What entries tell of: read with them.
TOLD_OF = ("notice__campaign", "attempt__lead__contact", "attempt__did", "lead__contact")

_ADD = "INSERT INTO campaigns_feedentry (kind, attempt_id) SELECT %s, unnest(%s::bigint[])"
# By the index of what waits, and each row by its key, whatever statistics say: after a stop of many leads they may say
# for days that the whole feed waits. What an entry tells of is looked up one by one; ids come as arrays, which the
# planner takes for short.
_WAITS = "SELECT 1 FROM campaigns_feedentry WHERE position IS NULL ORDER BY id LIMIT 1"
_PLACE = """
WITH waiting AS MATERIALIZED (
    SELECT id, attempt_id, lead_id, notice_id FROM campaigns_feedentry
     WHERE position IS NULL ORDER BY id LIMIT %s
), told AS MATERIALIZED (
    SELECT w.id, COALESCE(
               (SELECT a.is_rehearsal FROM campaigns_attempt a WHERE a.id = w.attempt_id),
               (SELECT s.is_sandbox FROM campaigns_campaign c JOIN dialer_provideraccount s ON s.id = c.account_id
                 WHERE c.id = COALESCE(
                       (SELECT l.campaign_id FROM campaigns_lead l WHERE l.id = w.lead_id),
                       (SELECT n.campaign_id FROM campaigns_campaignnotice n WHERE n.id = w.notice_id))),
               FALSE) AS is_rehearsal
      FROM waiting w
), untold AS (
    DELETE FROM campaigns_feedentry WHERE id = ANY(ARRAY(SELECT id FROM told WHERE is_rehearsal))
)
UPDATE campaigns_feedentry f
   SET position = p.nth + (SELECT COALESCE(max(position), 0) FROM campaigns_feedentry)
  FROM unnest(ARRAY(SELECT id FROM told WHERE NOT is_rehearsal ORDER BY id)) WITH ORDINALITY AS p(id, nth)
 WHERE f.id = p.id
"""
# What others are told of an attempt, beside its state: a report that adds nothing to it is no news.
_TOLD = """
SELECT id, md5(ROW(outcome, disposition, talk_seconds, duration_seconds, disconnected_by, recording_url, answered_at,
                   transcript, analysis)::text)
  FROM campaigns_attempt WHERE id = ANY(%s) AND ended_at IS NOT NULL AND is_burned
"""


def add_entries(cursor: Any, *, kind: FeedKind, attempt_ids: Collection[int]) -> None:
    """Add an entry for each attempt, in the caller's transaction."""
    if attempt_ids:
        cursor.execute(_ADD, [kind.value, sorted(attempt_ids)])


def told_before(cursor: Any, *, attempt_ids: Sequence[int]) -> dict[int, str]:
    """Return what stands for all that the feed tells of each attempt that has its result already."""
    if not attempt_ids:
        return {}
    cursor.execute(_TOLD, [list(attempt_ids)])
    return dict(cursor.fetchall())


def add_changes(cursor: Any, *, before: dict[int, str]) -> None:
    """Add an entry for each attempt of which more is known now than ``before``."""
    after = told_before(cursor, attempt_ids=list(before))
    changed = [attempt_id for attempt_id, told in after.items() if told != before[attempt_id]]
    add_entries(cursor, kind=FeedKind.RESULT_CHANGED, attempt_ids=changed)


def place_entries() -> int:
    """Give positions to what is committed; return how many. Returns at once while another does it.

    What is rehearsed is told to nobody: others would take it for a call.
    """
    with transaction.atomic(), hot_cursor() as cursor:
        cursor.execute(_WAITS)
        if cursor.fetchone() is None:
            return 0
        if not try_take(cursor, AdvisoryLock.FEED):
            return 0
        cursor.execute(_PLACE, [MOST_PLACED])
        return int(cursor.rowcount)


def entries_after(*, position: int, limit: int) -> list[FeedEntry]:
    """Return up to ``limit`` entries that follow ``position``, in their order, with what they tell of."""
    rows = FeedEntry.objects.filter(position__gt=position).order_by("position")
    return list(rows.select_related(*TOLD_OF)[:limit])


def removed_through() -> int:
    """Return the position up to which entries were removed, as old as they are kept; 0 while none was.

    Asked after entries were read: a reader who was not that far may have missed some.
    """
    return FeedStart.objects.values_list("removed_through", flat=True).first() or 0


def newest_position() -> int:
    """Return the position of the latest entry, once what is committed has its own; in a thread of the web server."""
    close_old_connections()
    try:
        place_entries()
        return last_position()
    finally:
        close_old_connections()


def last_position() -> int:
    """Return the position of the latest entry; 0 while there is none."""
    return (
        FeedEntry.objects.filter(position__isnull=False)
        .order_by("-position")
        .values_list("position", flat=True)
        .first()
        or 0
    )
