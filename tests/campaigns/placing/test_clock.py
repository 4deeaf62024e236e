"""A worker that is wrong about the time places nothing, says so, and goes on by itself when it is right again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lifecycle.home import shown
from campaigns.models import Attempt, CampaignNotice
from campaigns.placing import engine as engines
from campaigns.placing.clock import MOST_OFF_SECONDS, Anchor, ClockWatch, surely_ahead, tighter, utc_now
from campaigns.placing.engine import Engine
from campaigns.worker_chores import _keep_home, _reconcile, this_worker
from dialer.sandbox.client import wait_for
from tests.campaigns.world import account, agent, campaign, place

SERVER_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
seconds = st.floats(-100, 100)


@given(off=seconds, there=st.floats(0, 10), back=st.floats(0, 10))
def test_a_slow_answer_accuses_no_clock_of_more_than_is_sure(off: float, there: float, back: float) -> None:
    read_at = SERVER_AT + timedelta(seconds=off + back)
    found = surely_ahead(read_at=read_at, server_at=SERVER_AT, round_trip_seconds=there + back)
    assert abs(found) <= abs(off) + 1e-5
    assert abs(off) - abs(found) <= there + back + 1e-5


@given(
    trips=st.lists(st.tuples(st.floats(0.0001, 0.5), st.floats(0, 1)), min_size=1, max_size=8),
    step=st.one_of(st.just(0.0), st.floats(-30, -1.01), st.floats(1.01, 30)),
)
def test_postgresqls_clock_is_never_guessed_ahead_and_behind_by_the_quickest_answer_at_most(
    trips: list[tuple[float, float]], step: float
) -> None:
    """``trips``: how long each answer took, and in which part of it the server looked at its clock, set by ``step``."""
    anchor: Anchor | None = None
    read_at_seconds, quickest = 0.0, float("inf")
    for n, (trip, part) in enumerate(trips):
        read_at_seconds += trip + 1.0
        off = step if n >= len(trips) // 2 else 0.0
        if step and n == len(trips) // 2:
            quickest = float("inf")
        looked_at_seconds = read_at_seconds - trip * (1 - part)
        new = Anchor(at_seconds=read_at_seconds, server_at=SERVER_AT + timedelta(seconds=looked_at_seconds + off))
        anchor = tighter(before=anchor, new=new, round_trip_seconds=trip)
        quickest = min(quickest, trip)
        truth = SERVER_AT + timedelta(seconds=read_at_seconds + 60 + off)
        behind = (truth - anchor.server_now(at_seconds=read_at_seconds + 60)).total_seconds()
        assert -1e-4 <= behind <= quickest + 1e-4
        assert anchor.seconds_at(truth) >= read_at_seconds + 60 - 1e-4


class Clock:
    """A clock that can be set."""

    def __init__(self, ahead_seconds: float = 0.0) -> None:
        self.ahead_seconds = ahead_seconds

    def __call__(self) -> datetime:
        return utc_now() + timedelta(seconds=self.ahead_seconds)


@pytest.mark.django_db
@pytest.mark.parametrize(("ahead", "is_right"), [(0, True), (4, True), (-4, True), (6.5, False), (-3600, False)])
def test_more_than_five_seconds_off_is_wrong(ahead: float, is_right: bool) -> None:
    watch = ClockWatch(clock=Clock(ahead))
    assert watch.is_right() is is_right
    assert watch.ahead_seconds == pytest.approx(ahead, abs=1.0)


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [0.0, 3.0, 3600.0, -3600.0])
def test_what_is_judged_by_the_time_goes_by_postgresql_where_the_clock_is_wrong(ahead: float) -> None:
    watch = ClockWatch(clock=Clock(ahead))
    watch.is_right()
    assert abs((watch.best_now() - utc_now()).total_seconds()) <= MOST_OFF_SECONDS


@pytest.mark.django_db
def test_a_step_is_seen_before_postgresql_is_asked_again() -> None:
    clock = Clock()
    watch = ClockWatch(clock=clock)
    assert watch.is_right()
    asked_at = watch.server_at
    clock.ahead_seconds = 30.0
    assert not watch.is_right()
    assert watch.server_at == asked_at
    clock.ahead_seconds = 0.0
    assert watch.is_right()


@pytest.mark.django_db
def test_a_worker_tells_of_its_wrong_clock_once_and_that_it_is_right_again() -> None:
    clock = Clock(-60.0)
    engine = Engine(clock=ClockWatch(clock=clock))
    for _ in range(3):
        _keep_home(engine)
    notice = CampaignNotice.objects.get(kind="CLOCK_WRONG")
    assert this_worker() in notice.text
    assert "behind" in notice.text
    assert shown().wrong_clocks == {this_worker(): pytest.approx(-60.0, abs=1.0)}
    assert not shown().has_healthy_worker
    clock.ahead_seconds = 0.0
    _keep_home(engine)
    _keep_home(engine)
    assert (shown().wrong_clocks, shown().has_healthy_worker) == ({}, True)
    engine.stop()


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
def test_a_worker_whose_clock_is_wrong_ends_nobodys_call_and_dates_no_end_by_it(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = campaign(account(provider="intellicall", fleet=None), leads=2, agents=[])
    made.agents.set([agent(made.account), agent(made.account)])
    live, overdue = place(made), place(made)
    Attempt.objects.filter(pk=live.pk).update(deadline_at=utc_now() + timedelta(minutes=5))
    Attempt.objects.filter(pk=overdue.pk).update(deadline_at=utc_now() - timedelta(minutes=5))
    engine = Engine(clock=ClockWatch(clock=Clock(ahead)))
    monkeypatch.setattr(engines, "_engine", engine)
    assert not engine.clock.is_right()
    _reconcile()
    engine.stop()
    live.refresh_from_db()
    overdue.refresh_from_db()
    assert (live.state, overdue.outcome) == ("PLACED", "LOST")
    assert overdue.ended_at is not None
    assert abs((overdue.ended_at - utc_now()).total_seconds()) < 60


@pytest.mark.django_db(transaction=True)
def test_an_engine_whose_clock_is_wrong_claims_nothing_until_it_is_right() -> None:
    clock = Clock(MOST_OFF_SECONDS + 2)
    engine = Engine(clock=ClockWatch(clock=clock))
    owner = account(provider="intellicall", fleet=None)
    made = campaign(owner, leads=2, agents=[agent(owner), agent(owner)])
    engine.ring(owner.pk)
    wait_for(lambda: engine._pacers[owner.pk].is_idle)
    assert not Attempt.objects.exists()
    assert made.leads.filter(state="PENDING").count() == 2
    clock.ahead_seconds = 0.0
    engine.ring(owner.pk)
    wait_for(lambda: Attempt.objects.count() == 2)
    engine.stop()
