"""Tells how events found their calls: how long each waited in the inbox, and how long it took to settle."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from dialer.sql import hot_cursor
from dialer.traces import stages
from webhooks.waiting_events import Event


def tell_settled(events: Sequence[Event], *, began_ns: int) -> None:
    """Tell of events that were applied, after their transaction. Asks nothing where nobody hears of it."""
    if not stages.are_told():
        return
    references = _references({attempt_id for event in events for attempt_id in event.attempt_ids})
    for event in events:
        for attempt_id in (one for one in dict.fromkeys(event.attempt_ids) if one in references):
            about = {"attempt_id": attempt_id, "event_id": event.id, "account_id": event.account_id}
            reference = references[attempt_id]
            stages.tell(
                name="inbox",
                reference=reference,
                began_ns=stages.nanoseconds(event.received_at),
                ended_ns=began_ns,
                source=event.source,
                **about,
            )
            stages.tell(name="settle", reference=reference, began_ns=began_ns, **about)


def _references(attempt_ids: Collection[int]) -> dict[int, uuid.UUID]:
    if not attempt_ids:
        return {}
    with hot_cursor() as cursor:
        cursor.execute("SELECT id, reference FROM campaigns_attempt WHERE id = ANY(%s)", [list(attempt_ids)])
        return dict(cursor.fetchall())
