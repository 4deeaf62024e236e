"""Locks of rows, in one order: gates of accounts, attempts, leads, campaigns, and each of these in the order of ids.

All who lock several keep to it, so that two never wait for each other. Read in a statement of its own after locking:
the one that waits for a lock may still see what was there before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Lead

#: Leads in one piece of a bulk write: a fraction of a second of PostgreSQL.
PIECE = 10_000

# The lock of an attempt is all that recording needs of a call that was taken, as nearly all are.
_ATTEMPTS = """
SELECT count(*) FROM (SELECT FROM campaigns_attempt WHERE id = ANY(%(attempts)s) ORDER BY id FOR NO KEY UPDATE) locked
"""
# ARRAY(…) is complete before the first lead is looked for: all attempts are locked by then.
_ATTEMPTS_AND_LEADS = """
WITH attempts AS MATERIALIZED (
    SELECT id, lead_id FROM campaigns_attempt WHERE id = ANY(%(attempts)s) ORDER BY id FOR NO KEY UPDATE
)
SELECT count(*) FROM (
    SELECT FROM campaigns_lead
     WHERE id = ANY(ARRAY(SELECT lead_id FROM attempts
                           WHERE %(leads_of)s::bigint[] IS NULL OR id = ANY(%(leads_of)s::bigint[])))
     ORDER BY id FOR NO KEY UPDATE) locked
"""
_CAMPAIGNS = """
SELECT count(*) FROM (SELECT FROM campaigns_campaign WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) locked
"""


def lock_attempts(cursor: Any, *, attempt_ids: Collection[int], leads_of: Collection[int] | None = None) -> None:
    """Lock attempts, then their leads; ``leads_of``: of these attempts alone."""
    ids = sorted(set(attempt_ids))
    wanted = None if leads_of is None else sorted(set(leads_of))
    if wanted == []:
        cursor.execute(_ATTEMPTS, {"attempts": ids})
    else:
        cursor.execute(_ATTEMPTS_AND_LEADS, {"attempts": ids, "leads_of": wanted})


def lock_campaigns(cursor: Any, *, campaign_ids: Collection[int]) -> None:
    """Lock campaigns, of which several may be paused or run again in this transaction. The last to be locked."""
    cursor.execute(_CAMPAIGNS, [sorted(set(campaign_ids))])


def in_pieces(leads: QuerySet[Lead]) -> Iterator[list[int]]:
    """Give the ids of leads, of which there may be a million, in pieces: each is written in a transaction of its own.

    They come as they lie on disk; who writes a piece locks it in the order of ids, and looks again at what it says.
    """
    ids = leads.order_by().values_list("pk", flat=True).iterator(chunk_size=PIECE)
    while piece := list(islice(ids, PIECE)):
        yield piece
