"""A task a call: a counter in Redis for the limit, the request within the task."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx
import redis
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from tests.benchmarks.plain import settings
from tests.benchmarks.plain.models import Attempt, Lead

LIVE = "plain-live-calls"


@cache
def counter() -> redis.Redis:
    """Return this process's connection to Redis."""
    return redis.Redis.from_url(settings.REDIS_URL)


@cache
def provider() -> httpx.Client:
    """Return this process's client: one for each call would cost 20 ms of CPU for its SSL context."""
    return httpx.Client(base_url=settings.CARRIER_URL, headers={"X-API-Key": settings.CARRIER_KEY}, timeout=20)


@shared_task
def feed() -> None:
    """Queue due leads, each second, so that twice as many tasks wait as calls may be live."""
    waiting = Lead.objects.filter(state="QUEUED").count()
    with transaction.atomic():
        due = Lead.objects.filter(state="PENDING", next_attempt_at__lte=timezone.now()).order_by("next_attempt_at")
        leads = list(due.select_for_update(skip_locked=True)[: max(0, 2 * settings.LIVE_LIMIT - waiting)])
        for lead in leads:
            lead.state = "QUEUED"
        Lead.objects.bulk_update(leads, ["state"])
    for lead in leads:
        call.delay(lead.pk)


@shared_task(bind=True, max_retries=None)
def call(self: Any, lead_id: int) -> None:
    """Call one lead, or try again in a second while all lines are taken."""
    if int(counter().incr(LIVE)) > settings.LIVE_LIMIT:
        counter().decr(LIVE)
        raise self.retry(countdown=1)
    lead = Lead.objects.get(pk=lead_id)
    lead.state, lead.attempts = "DIALING", lead.attempts + 1
    lead.save()
    attempt = Attempt.objects.create(lead=lead)
    reply = provider().post(
        "/api/v1/dialout",
        json={
            "bot_id": "b",
            "to_number": lead.number,
            "from_number": settings.DID,
            "variables": {"dialer_reference": str(attempt.reference)},
        },
    )
    reply.raise_for_status()
    # The result may have come before the reply.
    Attempt.objects.filter(pk=attempt.pk).update(call_id=reply.json()["call_id"])
    Attempt.objects.filter(pk=attempt.pk, state="PLACING").update(state="PLACED")
