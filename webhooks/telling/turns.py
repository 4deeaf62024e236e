"""A subscription's turn: what is to be told now, taken for one worker, and what came of it, kept. All in PostgreSQL.

A turn holds its subscription for a while, so that a worker that dies while it sends costs a wait and a repetition and
no loss: at least once, and the event id is the same each time. A subscriber that takes nothing is asked by one delivery
at a time, its oldest, later and later; the others wait in their order, untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet

from dialer.sql import hot_cursor
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.entries import entries
from webhooks.telling.giving_up import give_up, switch_off
from webhooks.telling.payload import Told, body_of
from webhooks.telling.planning import plan
from webhooks.telling.replies import Reply
from webhooks.telling.sending import TURN_SECONDS, Sent
from webhooks.telling.ways import Way, way_of

#: One turn tells no more deliveries, and no more bytes (the last one may pass it).
MOST_TOLD = 500
MOST_BYTES = 8 * 1024 * 1024
#: Deliveries read from the database at one time: what they tell of can be large.
READ_AT_ONCE = 100
#: In one turn, the feed is gone through so many times for more.
MOST_PLANNED = 20
#: From one try to the next while a subscriber takes nothing; the last one goes on, so that who comes back is told soon.
DELAYS_SECONDS = (5, 10, 20, 40, 60)
#: From one try to the next of what is refused by itself; the last one goes on.
REFUSED_SECONDS = (60, 300, 1800, 3600, 3 * 3600, 6 * 3600)
#: A turn that was not ended by its worker is over so long after it should have been.
GRACE_SECONDS = 45.0

_DELIVERED = """
UPDATE webhooks_delivery d
   SET state = 'DELIVERED', delivered_at = %(now)s, last_tried_at = %(now)s, tries = d.tries + 1,
       status_code = r.status_code, problem = '', reply = r.head, took_ms = r.took_ms
  FROM unnest(%(ids)s::bigint[], %(statuses)s::smallint[], %(heads)s::text[], %(took)s::int[])
       AS r (id, status_code, head, took_ms)
 WHERE d.id = r.id AND d.state = 'WAITING'
"""
_DUE = """
SELECT s.id FROM webhooks_subscription s
 WHERE s.is_active AND (s.next_try_at IS NULL OR s.next_try_at <= %(now)s)
   AND (s.held_until IS NULL OR s.held_until <= %(now)s)
   AND (s.position < (SELECT position FROM campaigns_feedentry
                       WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1)
        OR s.replay_after IS NOT NULL
        OR EXISTS (SELECT 1 FROM webhooks_delivery d
                    WHERE d.subscription_id = s.id AND d.state = 'WAITING' AND d.next_try_at <= %(now)s))
 ORDER BY s.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one worker tells one subscriber now, oldest first. ``is_probe``: whether it took nothing the last time."""

    subscription_id: int
    way: Way
    held_until: datetime
    failures: int
    told: tuple[Told, ...]

    @property
    def is_probe(self) -> bool:
        """Whether the subscriber took nothing the last time: one delivery finds out whether it does again."""
        return self.failures > 0


class Waiting(NamedTuple):
    """A delivery that waits."""

    id: int
    tries: int
    event_id: UUID
    entry_id: int | None


def due(*, now: datetime) -> list[int]:
    """Return the subscriptions that there may be something to tell, and that nobody is telling."""
    with hot_cursor() as cursor:
        cursor.execute(_DUE, {"now": now})
        return [row[0] for row in cursor.fetchall()]


def take(*, subscription_id: int, now: datetime) -> Turn | None:
    """Take a subscription's turn; None where there is nothing to tell it, or another worker tells it."""
    held_until = now + timedelta(seconds=TURN_SECONDS + settings.DIALER_SUBSCRIBER_SECONDS + GRACE_SECONDS)
    free = Subscription.objects.filter(_past("next_try_at", now), _past("held_until", now), is_active=True)
    if not free.filter(pk=subscription_id).update(held_until=held_until):
        return None
    subscription = Subscription.objects.get(pk=subscription_id)
    waiting = _waiting(subscription, now)
    if not waiting:
        _held(subscription_id, held_until).update(held_until=None)
        return None
    return Turn(
        subscription_id=subscription_id,
        way=way_of(subscription, now=now),
        held_until=held_until,
        failures=subscription.failures,
        told=waiting,
    )


def keep(*, turn: Turn, sent: Sent, now: datetime) -> None:
    """Write down what came of a turn, and give the subscription back."""
    replies = sorted(sent.replies, key=lambda reply: reply.delivery_id)
    taken = [reply for reply in replies if not reply.problem]
    failed = [reply for reply in replies if reply.problem]
    is_down = sent.is_down or (turn.is_probe and not taken)
    failures = (0 if taken else turn.failures) + is_down
    next_try_at = now + _wait(failures, failed) if is_down else None
    _keep_taken(taken, now)
    _keep_failed(turn, failed, now)
    mine = _held(turn.subscription_id, turn.held_until)
    if taken:
        mine.update(told_at=now, failing_since=None, problem="")
    if failed:
        mine.filter(failing_since=None).update(failing_since=now)
        mine.update(problem=failed[-1].problem[:300])
    mine.update(held_until=None, failures=failures, next_try_at=next_try_at)
    if any(reply.is_gone for reply in failed):
        switch_off(subscription_id=turn.subscription_id, why="Switched off, as it answered 410: gone", now=now)
    elif failed and not taken:
        give_up(subscription_id=turn.subscription_id, now=now)


def _keep_taken(taken: list[Reply], now: datetime) -> None:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "now": now,
            "ids": [reply.delivery_id for reply in taken],
            "statuses": [reply.status_code for reply in taken],
            "heads": [reply.head for reply in taken],
            "took": [reply.took_ms for reply in taken],
        }
        cursor.execute(_DELIVERED, values)


def _keep_failed(turn: Turn, failed: list[Reply], now: datetime) -> None:
    """Note what was tried in vain; only what was refused by itself waits by itself."""
    tries = {one.delivery_id: one.tries for one in turn.told}
    for reply in failed:
        # What is refused by itself comes after the next look at a subscriber that is down, which is for others.
        own = now + delay(tries[reply.delivery_id] + 1, REFUSED_SECONDS)
        Delivery.objects.filter(pk=reply.delivery_id, state=DeliveryState.WAITING).update(
            tries=F("tries") + 1,
            next_try_at=own if reply.is_refusal else F("next_try_at"),
            status_code=reply.status_code,
            problem=reply.problem[:300],
            reply=reply.head,
            took_ms=reply.took_ms,
            last_tried_at=now,
        )


def _wait(failures: int, failed: Sequence[Reply]) -> timedelta:
    """Return how long a subscriber that takes nothing is left alone: as it asks, else by how often it failed."""
    asked = failed[-1].retry_after_seconds if failed else None
    return delay(failures) if asked is None else timedelta(seconds=asked)


def delay(failures: int, seconds: Sequence[int] = DELAYS_SECONDS) -> timedelta:
    """Return how long nothing is tried after so many failures in a row."""
    return timedelta(seconds=seconds[min(failures, len(seconds)) - 1])


def _waiting(subscription: Subscription, now: datetime) -> tuple[Told, ...]:
    """Return what is to be told, oldest first; plans more while there is too little."""
    most = 1 if subscription.failures else MOST_TOLD
    found: list[Told] = []
    size_bytes, after, planned = 0, 0, 0
    while len(found) < most and size_bytes < MOST_BYTES:
        rows = _rows(subscription, after=after, most=min(READ_AT_ONCE, most - len(found)), now=now)
        if not rows:
            planned += 1
            # What is told again waits at its old place, before those that were found.
            if found and subscription.replay_after is not None:
                break
            if planned > MOST_PLANNED or not plan(subscription_id=subscription.pk, now=now):
                break
        for one in _told(rows, subscription.key_map, now):
            found.append(one)
            size_bytes += len(one.body)
        after = rows[-1].id if rows else after
    return tuple(found)


def _told(rows: Sequence[Waiting], key_map: dict[str, Any] | None, now: datetime) -> list[Told]:
    shown = entries.get([row.entry_id for row in rows if row.entry_id is not None])
    found: list[Told] = []
    for row in rows:
        one = shown.get(row.entry_id) if row.entry_id is not None else None
        if one is not None or row.entry_id is None:
            event_id = str(row.event_id)
            body = body_of(one, event_id=event_id, key_map=key_map, at=now)
            order = one.order if one else "test"
            found.append(Told(delivery_id=row.id, tries=row.tries, event_id=event_id, order=order, body=body))
    return found


def _rows(subscription: Subscription, *, after: int, most: int, now: datetime) -> list[Waiting]:
    rows = Delivery.objects.filter(
        subscription=subscription, state=DeliveryState.WAITING, next_try_at__lte=now, pk__gt=after
    )
    return [Waiting(*row) for row in rows.order_by("id").values_list("id", "tries", "event_id", "entry_id")[:most]]


def _held(subscription_id: int, held_until: datetime) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk=subscription_id, held_until=held_until)


def _past(field: str, now: datetime) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lte": now})
