"""A subscriber that is down is asked by one delivery at a time, then told the oldest first, each at least once."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Attempt, FeedEntry
from campaigns.results.feed import place_entries
from tests.admin.conftest import owner
from tests.api.conftest import API, api
from tests.campaigns.world import NOON, account, campaign, place
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.telling import posted, tell
from webhooks.models import Delivery, Subscription
from webhooks.telling import planning
from webhooks.telling.sending import MOST_REFUSALS, REQUESTS_AT_ONCE
from webhooks.telling.subscribing import begin
from webhooks.telling.trying import send_test
from webhooks.telling.turns import DELAYS_SECONDS, due, take

__all__ = ["api", "owner", "receiver"]
pytestmark = pytest.mark.django_db
#: What the form has filled in already.
HOW = {"method": "POST", "batch_size": "1"}


def subscribe(url: str) -> Subscription:
    return begin(Subscription.objects.create(name=url, url=url))


def calls(many: int) -> list[Attempt]:
    made = campaign(account(), leads=many)
    return [place(made) for _ in range(many)]


def happen(attempts: Sequence[Attempt], *, rounds: int = 1) -> None:
    """Let something become known of each call, so many times."""
    for _ in range(rounds):
        FeedEntry.objects.bulk_create([FeedEntry(kind="RESULT_CHANGED", attempt=one) for one in attempts])
    place_entries()


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in receiver.came]


def state(subscription: Subscription) -> Subscription:
    subscription.refresh_from_db()
    return subscription


def test_while_it_is_down_one_request_is_made_a_probe_and_one_row_is_touched(receiver: Receiver) -> None:
    subscription, now = subscribe(receiver.url), NOON
    happen(calls(8), rounds=10)
    receiver.status = 500
    tell(now=now)
    assert 1 <= len(receiver.came) <= REQUESTS_AT_ONCE
    for failures, delay in enumerate(DELAYS_SECONDS[:4], start=1):
        assert state(subscription).failures == failures
        assert due(now=now + timedelta(seconds=delay - 1)) == []
        now += timedelta(seconds=delay)
        before, rows = len(receiver.came), dict(Delivery.objects.values_list("id", "tries"))
        tell(now=now)
        assert len(receiver.came) == before + 1
        tried = [pk for pk, tries in Delivery.objects.values_list("id", "tries") if rows.get(pk, 0) != tries]
        assert tried == [min(rows)]
    receiver.came.clear()
    receiver.status = 200
    assert tell(now=state(subscription).next_try_at or now) == 80
    ids = [one["id"] for one in told(receiver)]
    assert ids[0] == min(ids)
    assert (state(subscription).failures, subscription.next_try_at, subscription.failing_since) == (0, None, None)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_answered_all_is_told_and_what_is_not_refused_in_the_order_of_its_lead(
    receiver: Receiver, seed: int
) -> None:
    subscription, now = subscribe(receiver.url), NOON
    happen(calls(5), rounds=6)
    chance = random.Random(seed)
    refused: set[int] = set()
    taken: dict[int, list[int]] = defaultdict(list)

    def answer(body: bytes) -> int:
        one = json.loads(body)
        status = chance.choices([200, 500, 400, 503, 302], [12, 2, 1, 1, 1])[0]
        if status == 400:
            refused.add(one["id"])
        elif status == 200:
            taken[one["lead"]["id"]].append(one["id"])
        return status

    receiver.answer = answer
    for _ in range(200):
        tell(now=now)
        if not Delivery.objects.filter(state="WAITING").exists() and state(subscription).position == 30:
            break
        now += timedelta(hours=7)
    assert sorted(one for ids in taken.values() for one in ids) == list(range(1, 31))
    for ids in taken.values():
        in_order = [one for one in ids if one not in refused]
        assert in_order == sorted(in_order)


def test_a_delivery_that_is_always_refused_holds_up_no_other(receiver: Receiver) -> None:
    subscription = subscribe(receiver.url)
    happen(calls(6))
    receiver.answer = lambda body: 422 if json.loads(body)["id"] == 1 else 200
    assert tell(now=NOON) == 5
    happen(list(Attempt.objects.all()))
    assert tell(now=NOON) == 6
    assert [one["id"] for one in told(receiver)].count(1) == 1
    assert (state(subscription).failures, subscription.is_active) == (0, True)
    (left,) = Delivery.objects.filter(state="WAITING")
    assert (left.problem, left.status_code) == ("It answered 422", 422)


def test_one_that_refuses_everything_is_down(receiver: Receiver) -> None:
    subscription, now = subscribe(receiver.url), NOON
    happen(calls(8), rounds=10)
    receiver.status = 400
    tell(now=now)
    assert len(receiver.came) < MOST_REFUSALS + REQUESTS_AT_ONCE
    for failures in range(1, 4):
        assert state(subscription).failures == failures
        receiver.came.clear()
        now = subscription.next_try_at or now
        tell(now=now)
        assert len(receiver.came) == 1


def test_a_worker_that_dies_between_sending_and_storing_costs_a_repetition_and_no_loss(receiver: Receiver) -> None:
    subscription = subscribe(receiver.url)
    happen(calls(3))
    turn = take(subscription_id=subscription.pk, now=NOON)
    assert turn is not None
    asyncio.run(posted(turn))
    # While it might yet be sending, nobody else does.
    assert tell(now=turn.held_until - timedelta(seconds=1)) == 0
    assert tell(now=turn.held_until) == 3
    keys = [headers["dialer-event-id"] for headers, _ in receiver.came]
    assert (len(keys), len(set(keys))) == (6, 3)


def test_two_workers_never_tell_one_subscriber_at_the_same_time(receiver: Receiver) -> None:
    subscription = subscribe(receiver.url)
    happen(calls(3))
    assert take(subscription_id=subscription.pk, now=NOON) is not None
    assert take(subscription_id=subscription.pk, now=NOON) is None
    assert due(now=NOON) == []


def test_for_one_that_is_down_nothing_piles_up_but_in_the_feed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "ENTRIES_AT_ONCE", 20)
    subscription, now = subscribe(receiver.url), NOON
    attempts = calls(4)
    receiver.status = 503
    for _ in range(4):
        happen(attempts, rounds=10)
        tell(now=now)
        now = state(subscription).next_try_at or now
    assert Delivery.objects.count() <= 40
    receiver.status = 200
    assert tell(now=now) == 160


def test_who_was_down_for_an_hour_is_told_all_within_two_minutes_of_its_return(receiver: Receiver) -> None:
    subscription, now = subscribe(receiver.url), NOON
    attempts = calls(100)
    happen(attempts, rounds=10)
    receiver.status = 503
    returns_at = NOON + timedelta(hours=1)
    while now < returns_at:
        tell(now=now)
        now = state(subscription).next_try_at or now
    assert now - returns_at <= timedelta(seconds=60)
    receiver.came.clear()
    receiver.status = 200
    began = time.monotonic()
    assert tell(now=now) == 1000
    assert time.monotonic() - began < 60
    keys = [headers["webhook-id"] for headers, _ in receiver.came]
    assert (len(keys), len(set(keys))) == (1000, 1000)
    # Oldest first, but for those that are on their way together.
    ids = [one["id"] for one in told(receiver)]
    assert sum(abs(place - one) for place, one in enumerate(ids, start=1)) / len(ids) < 4 * REQUESTS_AT_ONCE


def test_a_test_that_is_taken_ends_the_wait(receiver: Receiver, settings: Any) -> None:
    subscription = subscribe(receiver.url)
    happen(calls(1))
    receiver.status = 500
    later: datetime = NOON + timedelta(seconds=1)
    tell(now=NOON)
    assert send_test(subscription=subscription, now=later).problem == "It answered 500"
    assert tell(now=later) == 0
    receiver.status = 200
    assert send_test(subscription=subscription, now=later).problem == ""
    assert state(subscription).failures == 0
    assert tell(now=later) == 1


@pytest.mark.parametrize("by", ["api", "form"])
def test_one_that_was_down_is_tried_at_once_at_its_new_address(
    receiver: Receiver, api: APIClient, owner: Client, by: str
) -> None:
    subscription = subscribe("http://127.0.0.1:9/")
    happen(calls(1))
    tell(now=NOON)
    assert state(subscription).failures == 1
    if by == "api":
        reply = api.patch(f"{API}/subscriptions/{subscription.pk}/", {"url": receiver.url}, format="json")
        assert (reply.status_code, reply.json()["next_try_at"]) == (200, None)
    else:
        form = {"name": "CRM", "url": receiver.url, "kinds": ["RESULT_CHANGED"], "is_active": "on", **HOW}
        page = f"/admin/webhooks/subscription/{subscription.pk}/change/"
        assert owner.post(page, form).status_code == 302
    assert tell(now=NOON + timedelta(seconds=1)) == 1
