"""A second in which there is nothing to do costs one statement, and what there is to do is seen in that second."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from campaigns import worker_chores
from campaigns.counting.folding import fold_all
from campaigns.models import Attempt, CallNote, Campaign, CampaignNotice, FeedEntry, HostedDialer, Lead
from campaigns.placing.chores import ALL_EVERY_SECONDS, Chores
from dialer.looping import Coalescer
from dialer.models import AccountGate
from dialer.sandbox.client import wait_for
from tests.admin import builders
from webhooks import tasks as webhook_tasks
from webhooks.models import LogCursor, ProviderEvent, Subscription

NEVER = "SELECT FROM campaigns_campaign WHERE FALSE"
ALWAYS = "SELECT 1"


#: Every sign by the name of its chore.
SIGNS = worker_chores.signs() | webhook_tasks.signs()


def seen() -> set[str]:
    """Return the chores that there is a sign of work for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'EXISTS ({sign})' for sign in SIGNS.values())}")
        return {name for name, is_there in zip(SIGNS, cursor.fetchone() or (), strict=True) if is_there}


def some_campaign(**values: Any) -> Campaign:
    return builders.campaign(builders.account(), **values)


def some_attempt() -> Lead:
    return builders.lead(some_campaign(), "+919810000001")


#: Longer ago than anything is waited for.
AGO = builders.NOW - timedelta(days=1)


def calling(**values: Any) -> Campaign:
    """Return a campaign that has somebody to call, running unless ``values`` say otherwise."""
    made = some_campaign(**{"state": "RUNNING", **values})
    builders.lead(made, "+919810000001")
    return made


def paused_itself() -> None:
    at = datetime.now(UTC)
    made = some_campaign(state="PAUSED", state_changed_at=at)
    CampaignNotice.objects.create(campaign=made, kind="PAUSED", text="Too many failures", created_at=at)


def live(**values: Any) -> Attempt:
    """Return an attempt under way in which all goes well, but for ``values``."""
    made = builders.live(some_attempt())
    later = datetime.now(UTC) + timedelta(hours=1)
    Attempt.objects.filter(pk=made.pk).update(**{"deadline_at": later, "next_poll_at": later, **values})
    return made


def log_of(what: Attempt | Lead, *, live_seen_at: datetime | None = None) -> None:
    LogCursor.objects.create(account=what.campaign.account, next_pull_at=AGO, live_seen_at=live_seen_at)


def note() -> CallNote:
    tried = builders.attempt(some_attempt())
    values: dict[str, Any] = dict.fromkeys(("created_at", "next_try_at", "give_up_at"), builders.NOW)
    return CallNote.objects.create(attempt=tried, account=tried.account, text="x", state="WAITING", **values)


#: What somebody or something leaves in the database, and whose work it is.
LEFT: dict[str, tuple[Callable[[], object], set[str]]] = {
    "a running campaign without leads": (
        lambda: some_campaign(state="RUNNING"),
        {"ring_due_accounts", "poll_capacity", "turn_campaigns"},
    ),
    "a campaign past its end": (lambda: calling(ends_at=AGO), {"turn_campaigns"}),
    "a paused campaign past its end": (lambda: calling(state="PAUSED", ends_at=AGO), {"turn_campaigns"}),
    "a campaign that paused itself and has called all": (lambda: paused_itself(), {"turn_campaigns"}),
    "a campaign just stopped": (
        lambda: some_campaign(state="STOPPED", state_changed_at=datetime.now(UTC)),
        {"turn_campaigns"},
    ),
    "a campaign that waits for its hour": (lambda: some_campaign(state="SCHEDULED"), {"open_campaigns"}),
    "leads to be made": (lambda: some_campaign(enrolling_after_id=0), {"enrol"}),
    "a call past its deadline": (lambda: live(deadline_at=AGO), {"reconcile", "pulls"}),
    "a reservation whose process died": (lambda: live(state="RESERVED", send_at=AGO), {"reconcile"}),
    "a request that nobody waits for": (lambda: live(state="PLACING", placing_at=AGO), {"reconcile"}),
    "a call to be asked about": (lambda: live(placing_at=AGO, next_poll_at=AGO), {"polls"}),
    "a log that is due, calls under way": (lambda: log_of(live(placing_at=AGO)), {"pulls"}),
    "a log that is due, the last call just over": (
        lambda: log_of(some_attempt(), live_seen_at=datetime.now(UTC)),
        {"pulls"},
    ),
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
def test_while_calls_go_well_only_what_they_need_each_second_shows_a_sign() -> None:
    placed = live()
    log_of(placed)
    Lead.objects.filter(pk=placed.lead_id).update(state="DIALING")
    Campaign.objects.update(state="RUNNING")
    LogCursor.objects.update(next_pull_at=datetime.now(UTC) + timedelta(seconds=15))
    AccountGate.objects.update(next_capacity_poll_at=datetime.now(UTC) + timedelta(seconds=2))
    fold_all()
    assert seen() == {"ring_due_accounts"}


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


@pytest.mark.django_db(transaction=True)
def test_what_goes_by_its_sign_alone_is_rung_with_it_and_never_without(pool: ThreadPoolExecutor) -> None:
    done: list[str] = []
    at = [1000.0]
    chores = Chores(stopping=threading.Event(), pool=pool, monotonic=lambda: at[0])
    for name, sign in (("nothing to do", NEVER), ("something to do", ALWAYS)):
        chores.add(Coalescer(name=name, work=partial(done.append, name), pool=pool), sign=sign, by_sign_alone=True)
    for expected in (1, 2, 3):
        chores.ring()
        wait_for(lambda: len(done) >= expected)  # noqa: B023
        at[0] += ALL_EVERY_SECONDS
    assert set(done) == {"something to do"}
