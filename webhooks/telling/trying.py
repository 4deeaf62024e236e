"""Shows what a subscriber would be told, and sends it as a test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import FeedEntry
from campaigns.results.feed import place_entries
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.entries import Shown, entries
from webhooks.telling.payload import Told, body_of, parcel
from webhooks.telling.replies import Reply
from webhooks.telling.sending import Line
from webhooks.telling.tokens import KeptTokens
from webhooks.telling.ways import Way, way_of

#: In a preview, the event's id.
NO_EVENT = "00000000-0000-0000-0000-000000000000"

#: So many entries at the end of the feed are looked through for a result.
LOOKED_THROUGH = 1000


class NoSuchEntry(LookupError):
    """The feed has no such entry; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be sent of an entry of the feed (None: there is none yet, so of a test)."""

    entry: int | None
    body: bytes


def preview(*, subscription: Subscription, key_map: Any, entry: int | None, now: datetime) -> Preview:
    """Return what a key map (None: ours) makes of an entry of the feed, the latest result if none is named.

    Raises NoSuchEntry.
    """
    shown = _entry(entry)
    body = body_of(shown, event_id=NO_EVENT, key_map=key_map, at=now)
    _, body = parcel([_one(subscription, body)], is_batch=subscription.batch_size > 1)
    return Preview(entry=shown.entry["id"] if shown else None, body=body)


def send_test(*, subscription: Subscription, now: datetime, entry: int | None = None) -> Delivery:
    """Send a test now, once: of kind TEST, or as it would be told of an entry of the feed.

    Return its delivery with what came of it. Taken, it ends the wait after failures. Raises NoSuchEntry.
    """
    shown = _entry(entry) if entry is not None else None
    delivery = Delivery(
        subscription=subscription, entry=None, tries=1, next_try_at=now, created_at=now, last_tried_at=now
    )
    event_id = str(delivery.event_id)
    body = body_of(shown, event_id=event_id, key_map=subscription.key_map, at=now)
    reply = asyncio.run(_post(way_of(subscription, now=now), _one(subscription, body, event_id)))
    delivery.status_code, delivery.problem = reply.status_code, reply.problem[:300]
    delivery.reply, delivery.took_ms = reply.head, reply.took_ms
    delivery.state = DeliveryState.GIVEN_UP if reply.problem else DeliveryState.DELIVERED
    delivery.delivered_at = None if reply.problem else now
    delivery.save()
    if not reply.problem:
        rows = Subscription.objects.filter(pk=subscription.pk)
        rows.update(failing_since=None, problem="", failures=0, next_try_at=None, told_at=now)
    return delivery


def latest_result() -> int | None:
    """Return the place in the feed of the latest entry that tells of a call, among the last ones; None without one."""
    place_entries()
    latest = FeedEntry.objects.filter(position__isnull=False).order_by("-position")
    places = latest.values_list("position", "attempt_id")[:LOOKED_THROUGH]
    return next((position for position, attempt_id in places if attempt_id is not None), None)


def _entry(position: int | None) -> Shown | None:
    """Return an entry by its place, the latest result if none is given. Raises NoSuchEntry."""
    wanted = latest_result() if position is None else position
    if wanted is None:
        return None
    found = FeedEntry.objects.filter(position=wanted).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchEntry(f"The feed has no entry {wanted}.")
    return entries.get([found]).get(found)


def _one(subscription: Subscription, body: bytes, event_id: str = NO_EVENT) -> Told:
    return Told(delivery_id=0, tries=0, event_id=event_id, order=f"test of {subscription.pk}", body=body)


async def _post(way: Way, told: Told) -> Reply:
    # With a token of its own: a test shows whether the credentials are right now.
    line = Line(way, tokens=KeptTokens())
    try:
        (reply,) = await line.post([told])
    finally:
        await line.aclose()
    return reply
