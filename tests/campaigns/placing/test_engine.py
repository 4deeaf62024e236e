"""The engine of a worker: one bell is enough for all due calls, none is needed for its chores, and it ends in order."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from campaigns.models import Attempt
from campaigns.placing.chores import at_most_every
from campaigns.placing.engine import Engine
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.world import account, campaign, numbers, set_fleet


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Return an engine, which ends with the test."""
    made = Engine()
    yield made
    made.stop()
    # The connections of its threads went with the threads, but for what holds them in a ring.
    gc.collect()


def at_carrier(sandbox: SandboxClient) -> ProviderAccount:
    """Return an account whose calls last at the carrier."""
    settings = {"suffixes": False, "outcomes": {"ANSWERED": 1}, "talk_seconds": [9000, 9000]}
    sandbox.configure("voxcore", "main", api_key="key", **settings)
    owner = account()
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=sandbox.base_url("voxcore", "main"))
    set_fleet(owner, available=1000, at=datetime.now(UTC))
    return owner


def placed() -> int:
    return Attempt.objects.filter(state="PLACED").count()


@pytest.mark.django_db(transaction=True)
def test_one_bell_is_enough_for_every_due_call_and_each_leaves_once(sandbox: SandboxClient, engine: Engine) -> None:
    phones = numbers(25)
    owner = at_carrier(sandbox)
    campaign(owner, leads=phones)
    engine.ring(owner.pk)
    wait_for(lambda: placed() == 25)
    assert sorted(row["to_number"] for row in sandbox.ledger()) == sorted(phones)


@pytest.mark.django_db(transaction=True)
def test_what_is_on_its_way_when_the_engine_stops_is_recorded_and_nothing_else_begins(
    sandbox: SandboxClient, engine: Engine
) -> None:
    owner = at_carrier(sandbox)
    campaign(owner, leads=5)
    engine.ring(owner.pk)
    wait_for(lambda: Attempt.objects.count() == 5)
    engine.stop()
    assert placed() == 5
    campaign(owner, leads=5)
    engine.ring(owner.pk)
    assert Attempt.objects.count() == 5


def test_chores_are_rung_without_any_bell_from_outside(engine: Engine) -> None:
    looked = threading.Event()
    engine.every_second(engine.coalescer(name="look", work=looked.set))
    engine.start()
    assert looked.wait(5)


def test_work_that_is_rung_too_often_is_done_at_its_own_pace() -> None:
    done: list[str] = []
    seldom, always = at_most_every(3600, lambda: done.append("seldom")), at_most_every(0, lambda: done.append("always"))
    for _ in range(3):
        seldom()
        always()
    assert sorted(done) == ["always"] * 3 + ["seldom"]
