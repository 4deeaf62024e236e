"""What a subscriber is told: an entry of the feed as GET /results/ shows it, with the event's id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from campaigns.results.shape import ResultSerializer
from dialer.encryption import UndecryptableError
from webhooks.models import Delivery, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One delivery, ready to be sent. ``order``: those of the same are sent one after the other."""

    delivery_id: int
    tries: int
    event_id: str
    order: str
    body: bytes


def secret_of(subscription: Subscription) -> str | None:
    """Return what signs; None where no key opens it."""
    try:
        return str(subscription.secret.get("secret", ""))
    except UndecryptableError:
        return None


def told(delivery: Delivery) -> Told:
    """Return what a delivery tells, as things are now. Results keep their order by lead, notices by campaign."""
    entry = delivery.entry
    order = "test"
    if entry is not None:
        about = entry.attempt or entry.notice
        order = f"lead {entry.attempt.lead_id}" if entry.attempt else f"campaign {about and about.campaign_id}"
    return Told(
        delivery_id=delivery.pk or 0,
        tries=delivery.tries,
        event_id=str(delivery.event_id),
        order=order,
        body=orjson.dumps(payload(delivery)),
    )


def payload(delivery: Delivery) -> dict[str, Any]:
    """Return what a delivery tells, as things are now."""
    event: dict[str, Any] = {"event_id": str(delivery.event_id)}
    if delivery.entry is None:
        nothing = dict.fromkeys(("id", "attempt", "lead", "notice"))
        return {**event, **nothing, "kind": "TEST", "created_at": delivery.created_at}
    return {**event, **_results().to_representation(delivery.entry)}


@cache
def _results() -> ResultSerializer:
    # Making a serializer costs ten times as much as using one.
    return ResultSerializer()
