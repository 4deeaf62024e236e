"""Posts deliveries that are due, and decides when the next try is. The waiting is in the database, nowhere else.

A delivery is taken for a while by moving its next try ahead, so that a worker that dies while it sends costs a
repetition and no loss: at least once, and the event id is the same each time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import structlog
from django.db import connection, transaction
from django.db.models import Min

from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from campaigns.results.shape import ResultSerializer
from dialer.addresses import Forbidden
from dialer.encryption import UndecryptableError
from dialer.fetching import address_problem, guarded_client
from webhooks.models import Delivery, DeliveryState, Subscription
from webhooks.telling.signing import SIGNATURE_HEADER, signature

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
#: While one worker has it, no other takes it.
TAKEN_SECONDS = 90
#: Said of a subscription whose secret no key opens.
UNREADABLE = (
    "Its secret cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time: put that key back, restart, or "
    "replace the secret"
)
#: From one try to the next; the last one goes on.
DELAYS_SECONDS = (10, 60, 300, 1800, 3600, 3 * 3600, 6 * 3600)
#: A subscription that took nothing for so long is switched off.
GIVE_UP_AFTER = timedelta(days=3)
#: One turn lasts no longer: a slow subscriber must not hold up the others for ever.
TURN_SECONDS = 20.0

# One turn takes a few of each subscription, so that one that times out each time does not stand before the others.
_TAKE = """
UPDATE webhooks_delivery d SET next_try_at = %(until)s, tries = d.tries + 1
 WHERE d.id IN (
       SELECT w.id FROM webhooks_subscription s
        CROSS JOIN LATERAL (
              SELECT id FROM webhooks_delivery
               WHERE subscription_id = s.id AND state = 'WAITING' AND next_try_at <= %(now)s
               ORDER BY id LIMIT %(each)s FOR UPDATE SKIP LOCKED) w
        WHERE s.is_active)
   AND d.state = 'WAITING' AND d.next_try_at <= %(now)s
RETURNING d.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one try. ``problem`` is empty when it was taken."""

    status_code: int | None
    problem: str


def send_due(*, now: datetime, each: int = 100) -> int:
    """Send what is due; return how many were taken by their subscribers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "until": now + timedelta(seconds=TAKEN_SECONDS), "each": each})
        ids = sorted(row[0] for row in cursor.fetchall())
    began = time.monotonic()
    taken, down = 0, set()
    rows = Delivery.objects.select_related(
        "subscription", "entry__notice__campaign", "entry__attempt__lead__contact", "entry__attempt__did"
    )
    if not ids:
        return 0
    with guarded_client(timeout_seconds=TIMEOUT_SECONDS) as client:
        for delivery in rows.filter(pk__in=ids).order_by("id"):
            if delivery.subscription_id in down or time.monotonic() - began > TURN_SECONDS:
                _not_tried(delivery, now)
                continue
            reply = post(delivery=delivery, client=client, now=datetime.now(UTC))
            taken += keep(delivery=delivery, reply=reply, now=now)
            if reply.problem:
                down.add(delivery.subscription_id)
    return taken


def post(*, delivery: Delivery, client: httpx.Client, now: datetime) -> Reply:
    """Post one delivery, and return what came of it. Nothing is followed, and of the reply only its status counts."""
    subscription = delivery.subscription
    if problem := address_problem(subscription.url):
        return Reply(status_code=None, problem=problem)
    body = orjson.dumps(payload(delivery))
    try:
        secret = str(subscription.secret.get("secret", ""))
    except UndecryptableError:
        return Reply(status_code=None, problem=UNREADABLE)
    headers = {
        "content-type": "application/json",
        "user-agent": "dialer",
        "dialer-event-id": str(delivery.event_id),
        SIGNATURE_HEADER: signature(secret=secret, body=body, at=now),
    }
    try:
        with client.stream("POST", subscription.url, content=body, headers=headers) as response:
            status = response.status_code
    except Forbidden as error:
        return Reply(status_code=None, problem=str(error))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(status_code=None, problem=f"No reply: {type(error).__name__}")
    return Reply(status_code=status, problem="" if 200 <= status < 300 else f"It answered {status}")


def payload(delivery: Delivery) -> dict[str, Any]:
    """Return what is told: the entry as GET /results/ shows it, with the event's id."""
    event: dict[str, Any] = {"event_id": str(delivery.event_id)}
    if delivery.entry is None:
        nothing = dict.fromkeys(("id", "attempt", "lead", "notice"))
        return {**event, **nothing, "kind": "TEST", "created_at": delivery.created_at}
    return {**event, **ResultSerializer(delivery.entry).data}


def keep(*, delivery: Delivery, reply: Reply, now: datetime) -> bool:
    """Write down what came of a try; return whether it was taken."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    subscriptions = Subscription.objects.filter(pk=delivery.subscription_id)
    if not reply.problem:
        mine.update(state=DeliveryState.DELIVERED, delivered_at=now, status_code=reply.status_code, problem="")
        subscriptions.update(failing_since=None, problem="", told_at=now)
        return True
    wait = DELAYS_SECONDS[min(delivery.tries, len(DELAYS_SECONDS)) - 1]
    mine.update(next_try_at=now + timedelta(seconds=wait), status_code=reply.status_code, problem=reply.problem[:300])
    subscriptions.filter(failing_since=None).update(failing_since=now)
    subscriptions.update(problem=reply.problem[:300])
    _give_up(delivery.subscription_id, now)
    return False


def _not_tried(delivery: Delivery, now: datetime) -> None:
    """Put back what was taken and not sent: its subscriber has just failed, or the turn was over."""
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(
        tries=delivery.tries - 1, next_try_at=now + timedelta(seconds=DELAYS_SECONDS[0])
    )


def _give_up(subscription_id: int, now: datetime) -> None:
    """Switch a subscription off that has taken nothing for days, and say so in a notice."""
    with transaction.atomic():
        dead = Subscription.objects.filter(pk=subscription_id, is_active=True, failing_since__lte=now - GIVE_UP_AFTER)
        subscription = dead.select_for_update(no_key=True).first()
        if subscription is None:
            return
        waiting = subscription.deliveries.filter(state=DeliveryState.WAITING)
        first = waiting.aggregate(first=Min("entry__position"))["first"]
        missed_after = subscription.position if first is None else min(subscription.position, first - 1)
        waiting.update(state=DeliveryState.GIVEN_UP)
        why = f"Switched off, as it took nothing for {GIVE_UP_AFTER.days} days: {subscription.problem}"
        dead.update(is_active=False, problem=why[:300], switched_off_at=now, missed_after=missed_after)
        text = f"Subscription {subscription.name}: {why}. What it misses: GET /results/?after={missed_after}"
        notify(campaign_id=None, kind=NoticeKind.SUBSCRIPTION_OFF, text=text, now=now)
    log.warning("subscription switched off", subscription_id=subscription_id)
