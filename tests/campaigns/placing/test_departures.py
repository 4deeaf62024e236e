"""Under a limit of calls per second, a request that misses its time gets a later one, and few wait at a time."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from campaigns.claiming.reserving import Paced, claim
from campaigns.placing.departures import FIRST_WINDOW, LEAST_WINDOW, RATE_LATENESS_SECONDS, Departures, book_times
from campaigns.placing.fence import SEND_WITHIN_SECONDS, Fence
from dialer.looping import LoopThread
from dialer.models import AccountGate
from tests.campaigns.world import account, campaign, did, set_fleet


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    made = LoopThread(name="departures")
    yield made
    made.stop()
    gc.collect()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_missed_its_time_leaves_at_a_later_one_of_the_account(loop: LoopThread) -> None:
    owner = account(calls_per_second=50)
    pool = ThreadPoolExecutor(1)
    rings: list[int] = []
    departures = Departures(account_id=owner.pk, loop=loop.loop, pool=pool, ring=lambda: rings.append(1))
    departures.begin(count=2, calls_per_second=50, turn_seconds=0)
    missed = datetime.now(UTC) - timedelta(seconds=2 * RATE_LATENESS_SECONDS)
    fence = Fence(opened_at_seconds=time.monotonic(), send_at=missed, departures=departures)
    assert not fence(), "late ones would bunch past the limit"
    later = loop.submit(fence.later()).result(timeout=5)
    assert later is not None
    assert fence(), "not one byte had left"
    fence.close()
    gate = AccountGate.objects.get(account=owner)
    assert gate.next_send_at is not None
    assert gate.next_send_at > later, "nobody else leaves at that time"

    over = Fence(opened_at_seconds=time.monotonic() - SEND_WITHIN_SECONDS, send_at=missed, departures=departures)
    assert not over()
    assert loop.submit(over.later()).result(timeout=5) is None, "pausing no longer waits for it"
    over.close()
    over.close()
    assert departures.room() == int(FIRST_WINDOW) + 1 - int(FIRST_WINDOW * 0.3 + 1), "late once, and none waits"
    pool.shutdown()


@pytest.mark.django_db(transaction=True)
def test_times_are_given_to_one_request_each_and_a_turn_takes_no_more_than_leave_in_time() -> None:
    owner = account(calls_per_second=100)
    set_fleet(owner, available=1000, at=datetime.now(UTC))
    campaign(owner, dids=[did(owner, limit=100)], leads=50)
    claimed = claim(account_id=owner.pk, now=datetime.now(UTC), room=50, paced=Paced(room=7, lead_seconds=0.05))
    assert len(claimed.reserved) == 7
    booked = [
        *(call.send_at for call in claimed.reserved),
        *book_times(account_id=owner.pk, count=5, calls_per_second=100),
        *book_times(account_id=owner.pk, count=5, calls_per_second=100),
    ]
    assert all(after - before >= timedelta(seconds=0.01) for before, after in pairwise(booked))


def test_fewer_wait_where_they_leave_late_and_more_where_they_leave_in_time(loop: LoopThread) -> None:
    rings: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        departures = Departures(account_id=1, loop=loop.loop, pool=pool, ring=lambda: rings.append(1))
        departures.begin(count=int(FIRST_WINDOW), calls_per_second=50, turn_seconds=0)
        assert departures.room() == 0
        for _ in range(int(FIRST_WINDOW)):
            departures.left()
        assert rings == [1], "the account has its turn once there is room, and once only"
        assert departures.room() == 2 * FIRST_WINDOW
        for _ in range(20):
            departures._shrunk_at_seconds = float("-inf")
            departures.missed()
        assert departures.room() == LEAST_WINDOW
