"""A second in which there is nothing to do costs one statement, and what there is to do is seen in that second."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection

from campaigns import worker_chores
from campaigns.counting.folding import fold_all
from campaigns.models import CallNote, Campaign, FeedEntry, HostedDialer
from campaigns.placing.chores import ALL_EVERY_SECONDS, Chores
from dialer.looping import Coalescer
from dialer.sandbox.client import wait_for
from tests.admin import builders
from webhooks import tasks as webhook_tasks
from webhooks.models import ProviderEvent, Subscription

NEVER = "SELECT FROM campaigns_campaign WHERE FALSE"
ALWAYS = "SELECT 1"


#: Every sign by the name of its chore.
SIGNS = worker_chores.SIGNS | webhook_tasks.SIGNS


def seen() -> set[str]:
    """Return the chores that there is a sign of work for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'EXISTS ({sign})' for sign in SIGNS.values())}")
        return {name for name, is_there in zip(SIGNS, cursor.fetchone() or (), strict=True) if is_there}


def some_campaign(**values: Any) -> Campaign:
    return builders.campaign(builders.account(), **values)


def some_attempt() -> Any:
    return builders.lead(some_campaign(), "+919810000001")


def note() -> CallNote:
    tried = builders.attempt(some_attempt())
    values: dict[str, Any] = dict.fromkeys(("created_at", "next_try_at", "give_up_at"), builders.NOW)
    return CallNote.objects.create(attempt=tried, account=tried.account, text="x", state="WAITING", **values)


#: What somebody or something leaves in the database, and whose work it is.
LEFT: dict[str, tuple[Callable[[], object], set[str]]] = {
    "a running campaign": (
        lambda: some_campaign(state="RUNNING"),
        {"ring_due_accounts", "poll_capacity", "turn_campaigns"},
    ),
    "a paused campaign": (lambda: some_campaign(state="PAUSED"), {"turn_campaigns"}),
    "a campaign just stopped": (
        lambda: some_campaign(state="STOPPED", state_changed_at=datetime.now(UTC)),
        {"turn_campaigns"},
    ),
    "a campaign that waits for its hour": (lambda: some_campaign(state="SCHEDULED"), {"open_campaigns"}),
    "leads to be made": (lambda: some_campaign(enrolling_after_id=0), {"enrol"}),
    "a live call": (lambda: builders.live(some_attempt()), {"reconcile", "polls", "pulls"}),
    "a note": (note, {"write_notes"}),
    "a push": (lambda: ProviderEvent.objects.create(account=builders.account(), body=b"{}"), {"inbox"}),
    "a subscription": (
        lambda: Subscription.objects.create(name="CRM", url="https://crm.example"),
        {"telling"},
    ),
    "a dialer of a provider": (
        lambda: HostedDialer.objects.create(
            account=(made := some_campaign(state="RUNNING", runs_on="PROVIDER")).account, campaign=made
        ),
        {"turn_dialers", "hosted_logs"},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("left", LEFT)
def test_what_is_left_is_seen_by_whose_work_it_is(left: str) -> None:
    leave, whose = LEFT[left]
    leave()
    assert whose <= seen()


@pytest.mark.django_db
def test_a_house_in_which_everything_has_ended_shows_no_sign() -> None:
    builders.house(2)
    ProviderEvent.objects.update(state="APPLIED")
    CallNote.objects.update(state="SENT")
    FeedEntry.objects.filter(position=None).delete()
    fold_all()
    Campaign.objects.update(state="COMPLETED")
    fold_all()
    assert seen() == set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made
    # The connections of its threads went with the threads, but for what holds them in a ring.
    gc.collect()


@pytest.mark.django_db(transaction=True)
def test_only_what_shows_a_sign_is_rung_and_after_a_while_everything(
    pool: ThreadPoolExecutor,
) -> None:
    done: list[str] = []
    at = [1000.0]

    def has(number: int) -> bool:
        return len(done) == number

    chores = Chores(stopping=threading.Event(), pool=pool, monotonic=lambda: at[0])
    for name, sign in (("unsigned", None), ("nothing to do", NEVER), ("something to do", ALWAYS)):
        chores.add(Coalescer(name=name, work=partial(done.append, name), pool=pool), sign=sign)
    for expected in (3, 5, 7):
        at[0] += 1.0
        chores.ring()
        wait_for(partial(has, expected))
    assert sorted(done) == ["nothing to do", *["something to do"] * 3, *["unsigned"] * 3]
    at[0] += ALL_EVERY_SECONDS
    chores.ring()
    wait_for(lambda: done.count("nothing to do") == 2)
