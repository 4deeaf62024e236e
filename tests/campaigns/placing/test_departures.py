"""Under a limit of calls per second, a request that misses its time gets a later one, and few wait at a time."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from campaigns.claiming.budget import RATE_MARGIN
from campaigns.claiming.reserving import Paced, claim
from campaigns.placing.clock import ClockWatch
from campaigns.placing.departures import FIRST_WINDOW, LEAST_WINDOW, RATE_LATENESS_SECONDS, Departures, book_times
from campaigns.placing.fence import SEND_WITHIN_SECONDS, Fence
from dialer.looping import LoopThread
from dialer.models import AccountGate
from tests.campaigns.placing.test_clock import Clock
from tests.campaigns.world import account, campaign, did, set_fleet


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    made = LoopThread(name="departures")
    yield made
    made.stop()
    gc.collect()


def of(account_id: int, loop: LoopThread, pool: ThreadPoolExecutor, rings: list[int]) -> Departures:
    return Departures(
        account_id=account_id, loop=loop.loop, pool=pool, ring=lambda: rings.append(1), clock=ClockWatch()
    )


@pytest.mark.django_db(transaction=True)
def test_a_request_that_missed_its_time_leaves_at_a_later_one_of_the_account(loop: LoopThread) -> None:
    owner = account(calls_per_second=50)
    pool = ThreadPoolExecutor(1)
    rings: list[int] = []
    departures = of(owner.pk, loop, pool, rings)
    departures.begin(count=2, calls_per_second=50, turn_seconds=0)
    opened, missed = time.monotonic(), time.monotonic() - 2 * RATE_LATENESS_SECONDS
    fence = Fence(opened_at_seconds=opened, leaves_at_seconds=missed, departures=departures)
    assert not fence(), "late ones would bunch past the limit"
    # On a busy machine it may miss that one as well.
    assert any(fence() for _ in range(20) if loop.submit(fence.has_later()).result(timeout=5)), "not one byte had left"
    fence.close()
    gate = AccountGate.objects.get(account=owner)
    assert gate.next_send_at is not None
    assert fence._leaves_at_seconds is not None
    left_at = datetime.now(UTC) - timedelta(seconds=time.monotonic() - fence._leaves_at_seconds)
    assert gate.next_send_at > left_at, "nobody else leaves at that time"

    long_ago = time.monotonic() - SEND_WITHIN_SECONDS
    over = Fence(opened_at_seconds=long_ago, leaves_at_seconds=missed, departures=departures)
    assert not over()
    assert not loop.submit(over.has_later()).result(timeout=5), "pausing no longer waits for it"
    over.close()
    over.close()
    assert 0 < departures.room() < FIRST_WINDOW, "late, and none waits"
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
        *book_times(account_id=owner.pk, count=5, calls_per_second=100, now=datetime.now(UTC)),
        *book_times(account_id=owner.pk, count=5, calls_per_second=100, now=datetime.now(UTC)),
    ]
    assert all(after - before >= timedelta(seconds=0.01) for before, after in pairwise(booked))


@pytest.mark.django_db(transaction=True)
def test_workers_whose_clocks_differ_leave_at_times_that_are_apart_all_the_same() -> None:
    owner = account(calls_per_second=50)
    watches = [ClockWatch(clock=Clock(ahead)) for ahead in (-4.0, 0.0, 2.5)]
    for watch in watches:
        assert watch.is_right(), "by so much it may differ"
        for _ in range(20):
            watch._ask()  # the quickest answer counts, so that a busy machine does not blur what is judged
    leave: list[float] = []
    for _ in range(12):
        for watch in watches:
            times = book_times(account_id=owner.pk, count=2, calls_per_second=50, now=watch.server_now())
            leave += [watch.seconds_at(at) for at in times]
    assert len(leave) > 20
    gaps = [after - before for before, after in pairwise(sorted(leave))]
    assert min(gaps) > RATE_MARGIN / 50 - 0.005


def test_fewer_wait_where_they_leave_late_and_more_where_they_leave_in_time(loop: LoopThread) -> None:
    rings: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        departures = of(1, loop, pool, rings)
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
