"""How long events of providers are kept, by what became of them (DIALER_KEEP_EVENTS_DAYS).

An event that still waits (NEW, UNMATCHED) is never removed, however old it is: it is given up after three days, and
counts by what it is then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from dialer.sql import hot_cursor

#: Rows of one statement: a transaction is short, and whoever applies events waits for none.
PIECE = 2000
#: One run ends after so long; the next goes on.
MOST_SECONDS = 60.0
KINDS = ("APPLIED", "IGNORED", "FAILED")

# The state stands in the statement, so that PostgreSQL sees that the index of what is done with holds it; the ids are
# an array, as it joins a set of unknown size with all events.
_REMOVE = """
DELETE FROM webhooks_providerevent
 WHERE id = ANY(ARRAY(SELECT id FROM webhooks_providerevent WHERE state = '<state>' AND received_at < %s
                       ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED))
"""


def remove_old_events(*, now: datetime, piece: int = PIECE, most_seconds: float = MOST_SECONDS) -> Mapping[str, int]:
    """Remove events that are older than their kind is kept, piece by piece; return how many of each kind."""
    ends_at_seconds = time.monotonic() + most_seconds
    removed = dict.fromkeys(KINDS, 0)
    for state in KINDS:
        days = settings.DIALER_KEEP_EVENTS_DAYS[state]
        while days and time.monotonic() < ends_at_seconds:
            gone = _remove(state, before=now - timedelta(days=days), most=piece)
            removed[state] += gone
            if gone < piece:
                break
    return removed


def _remove(state: str, *, before: datetime, most: int) -> int:
    with hot_cursor() as cursor:
        cursor.execute(_REMOVE.replace("<state>", state), [before, most])
        return int(cursor.rowcount)
