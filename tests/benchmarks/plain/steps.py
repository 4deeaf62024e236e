"""Enrolling, reserving and settling by the ORM."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tests.benchmarks.plain.models import Attempt, Contact, Lead

BATCH = 5_000


def enrol(*, list_id: int, now: datetime) -> int:
    """Make a lead of each contact of a list, in batches; return how many."""
    made, leads = 0, []
    for contact in Contact.objects.filter(list_id=list_id).iterator(BATCH):
        leads.append(Lead(contact=contact, number=contact.number, next_attempt_at=now))
        if len(leads) == BATCH:
            made += len(Lead.objects.bulk_create(leads))
            leads.clear()
    return made + len(Lead.objects.bulk_create(leads))


def reserve(*, many: int, now: datetime) -> list[Attempt]:
    """Take due leads, one after the other, each locked so that nobody else takes it."""
    attempts = []
    with transaction.atomic():
        due = Lead.objects.filter(state="PENDING", next_attempt_at__lte=now).order_by("next_attempt_at")
        for lead in due.select_for_update(skip_locked=True)[:many]:
            lead.state, lead.attempts = "DIALING", lead.attempts + 1
            lead.save()
            attempts.append(Attempt.objects.create(lead=lead))
    return attempts


def settle(*, attempts: Sequence[Attempt], now: datetime) -> None:
    """Save what became of each."""
    for known in attempts:
        with transaction.atomic():
            attempt = Attempt.objects.select_for_update().select_related("lead").get(pk=known.pk)
            attempt.state, attempt.ended_at, attempt.result = "ENDED", now, {"outcome": "ANSWERED", "talk_seconds": 7}
            attempt.save()
            attempt.lead.state = "DONE"
            attempt.lead.save()


def seconds_of(*, contacts: int, batch: int, turns: int, now: datetime) -> dict[str, float]:
    """Do all three on a list of so many contacts; return the figures."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO plain_contact (list_id, number, name, variables)
               SELECT 1, '+91' || (7000000000 + n), 'Contact ' || n, jsonb_build_object('due', n)
                 FROM generate_series(1, %s) n""",
            [contacts],
        )
    began = time.perf_counter()
    assert enrol(list_id=1, now=now) == contacts
    enrol_seconds = time.perf_counter() - began
    waits, settling = [], 0.0
    for _ in range(turns):
        began = time.perf_counter()
        attempts = reserve(many=batch, now=now)
        reserved = time.perf_counter()
        settle(attempts=attempts, now=now)
        waits.append(reserved - began)
        settling += time.perf_counter() - reserved
    return {
        "enrol_seconds": enrol_seconds,
        "reserve_ms": sorted(waits)[len(waits) // 2] * 1000,
        "settled_per_second": turns * batch / settling,
    }
