"""Floods: pushes without end, of empty lists by the megabyte, of one signed event for ever."""

from __future__ import annotations

import time
import tracemalloc
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings as configured
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from campaigns.jobs.nightly import RETAIN, add_nightly_entries
from dialer.models import ProviderAccount
from dialer.retention.runs import retain
from tests.attacks.server import EVENTS_PER_MINUTE, Server
from tests.campaigns.world import account, campaign, place
from webhooks import applying
from webhooks.applying import MOST_BYTES_PER_TURN, apply_inbox
from webhooks.models import ProviderEvent, PushRefusals
from webhooks.push_check import push_findings

pytestmark = pytest.mark.django_db(transaction=True)

SIGNED = {"Authorization": "Bearer push-secret", "Content_Type": "application/json"}
NOTHING = b"[" + b"[]," * 340_000 + b"[]]"


def push(server: Server, owner: ProviderAccount, body: bytes) -> tuple[int, str]:
    return server.ask("POST", f"/push/{owner.public_id}/{owner.push_token}/", body, chunks=0, **SIGNED)


def result(call_id: str | None) -> dict[str, object]:
    """Return VoxCore's result of an answered call."""
    return {"call_id": call_id, "disconnected_by": "customer", "duration": 20, "transcript": [{"text": "hello"}]}


def test_attack_6_an_account_that_pushes_without_end_is_asked_to_wait_and_no_other(server: Server) -> None:
    loud, other = account(), account()
    answers = [push(server, loud, b'{"call_id": "c-%d"}' % number) for number in range(EVENTS_PER_MINUTE + 20)]
    refused = [reply for status, reply in answers if status == 429]
    taken = [reply for status, reply in answers if status == 200]
    assert len(refused) + len(taken) == len(answers)
    assert len(refused) >= 10
    assert all("\r\nretry-after: 1\r\n" in reply.lower() for reply in refused)
    assert ProviderEvent.objects.filter(account=loud).count() == len(taken)
    assert push(server, other, b'{"call_id": "c-1"}')[0] == 200
    assert PushRefusals.objects.get(account=loud).refused >= 1
    assert any("pushes were refused" in found.text for found in push_findings(loud, now=timezone.now()))
    assert not any("refused" in found.text for found in push_findings(other, now=timezone.now()))


def test_attack_6_empty_lists_by_the_megabyte_cost_little_and_delay_nobody() -> None:
    loud, other = account(), account()
    attempt = place(campaign(other, leads=1))
    ProviderEvent.objects.bulk_create([ProviderEvent(account=loud, body=NOTHING) for _ in range(14)])
    last = ProviderEvent.objects.create(account=other, body=orjson.dumps(result(attempt.external_id)))
    tracemalloc.start()
    began = time.monotonic()
    while apply_inbox(now=timezone.now()):
        pass
    peak_bytes, seconds = tracemalloc.get_traced_memory()[1], time.monotonic() - began
    tracemalloc.stop()
    assert peak_bytes < 6 * MOST_BYTES_PER_TURN
    assert seconds < 10
    last.refresh_from_db()
    assert last.state == "APPLIED"
    assert set(ProviderEvent.objects.filter(account=loud).values_list("state", "tries")) == {("FAILED", 1)}


def test_attack_6_a_turn_takes_so_many_bytes_and_a_large_event_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = account()
    monkeypatch.setattr(applying, "MOST_BYTES_PER_TURN", 1000)
    sizes = [300, 300, 300, 300, 5000, 300]
    for size in sizes:
        ProviderEvent.objects.create(account=owner, body=b"x" * size)
    turns = []
    while taken := apply_inbox(now=timezone.now()):
        turns.append(taken)
    # A turn is full with the event that reaches the limit.
    assert turns == [4, 1, 1]


def test_attack_6_an_event_that_waits_for_its_call_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = account()
    attempt = place(campaign(owner, leads=1))
    event = ProviderEvent.objects.create(account=owner, body=orjson.dumps(result("call-late")))
    now = timezone.now()
    assert apply_inbox(now=now) == 1
    event.refresh_from_db()
    assert (event.state, event.tries) == ("UNMATCHED", 1)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr(type(owner.api), "parse_push", never)
    assert apply_inbox(now=now + timedelta(minutes=1)) == 1
    event.refresh_from_db()
    assert (event.state, event.tries) == ("UNMATCHED", 2)
    attempt.external_id = "call-late"
    attempt.save()
    assert apply_inbox(now=now + timedelta(minutes=5)) == 1
    event.refresh_from_db()
    attempt.refresh_from_db()
    assert (event.state, event.attempt_id) == ("APPLIED", attempt.pk)
    assert (attempt.state, attempt.outcome, attempt.outcome_source) == ("ENDED", "ANSWERED", "PUSH")


def test_attack_19_one_signed_push_again_and_again_changes_a_call_once(server: Server) -> None:
    owner = account()
    attempt = place(campaign(owner, leads=1))
    body = orjson.dumps(result(attempt.external_id))
    assert {push(server, owner, body)[0] for _ in range(8)} == {200}
    apply_inbox(now=timezone.now())
    attempt.refresh_from_db()
    before = (attempt.state, attempt.outcome, attempt.ended_at)
    assert before[:2] == ("ENDED", "ANSWERED")
    # A retry of hours is still taken, and says nothing new.
    assert push(server, owner, body)[0] == 200
    apply_inbox(now=timezone.now() + timedelta(hours=6))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.outcome, attempt.ended_at) == before


def test_attack_19_events_go_when_their_kind_has_been_kept_and_what_waits_stays(settings: Any) -> None:
    owner, now = account(), timezone.now()
    kept = {"APPLIED": 9, "IGNORED": 2, "FAILED": 4}
    names = [f"{state.lower()}-events" for state in kept]
    settings.DIALER_KEEP_DAYS = dict(zip(names, kept.values(), strict=True))
    ages = range(12)
    ProviderEvent.objects.bulk_create(
        ProviderEvent(account=owner, body=b"{}", state=state, received_at=now - timedelta(days=age, hours=1))
        for state in (*kept, "NEW", "UNMATCHED")
        for age in ages
        for _ in range(3)
    )
    removed = [one.removed for one in retain(names=names, now=now).kinds]
    assert removed == [3 * (len(ages) - days) for days in kept.values()]
    left = ProviderEvent.objects.all()
    assert {state: left.filter(state=state).count() for state in kept} == {s: 3 * days for s, days in kept.items()}
    assert left.filter(state__in=["NEW", "UNMATCHED"]).count() == 3 * len(ages) * 2
    settings.DIALER_KEEP_DAYS = dict.fromkeys(names, 0)
    assert {one.removed for one in retain(names=names, now=now + timedelta(days=9999)).kinds} == {0}


def test_attack_19_old_events_are_removed_by_the_clock() -> None:
    add_nightly_entries()
    assert PeriodicTask.objects.filter(name=RETAIN.name, task="campaigns.retain", enabled=True).exists()
    assert configured.CELERY_TASK_ROUTES["campaigns.retain"] == {"queue": "batch"}
    assert all(0 < configured.DIALER_KEEP_DAYS[f"{state}-events"] < 400 for state in ("applied", "ignored", "failed"))
