"""The rule of retries, and what becomes of a lead after a call."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.hours import DailyWindow, is_open
from campaigns.ordering import Lane, rank
from campaigns.outcomes import RetryRules, after_call, after_nothing
from campaigns.retrying import LONGEST_DELAY_SECONDS, RETRYABLE, retry_delay_problems
from dialer.providers.base import Outcome

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
delays = st.dictionaries(st.sampled_from([str(o.value) for o in RETRYABLE]), st.none() | st.integers(0, 10**6))
windows = st.builds(
    DailyWindow,
    time_zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]),
    opens=st.times().map(lambda t: t.replace(microsecond=0)),
    closes=st.times().map(lambda t: t.replace(microsecond=0)),
)
rules = st.builds(
    RetryRules,
    campaign_state=st.sampled_from(["RUNNING", "PAUSED", "STOPPED", "COMPLETED"]),
    max_attempts=st.integers(1, 20),
    delays=delays,
    window=windows,
)


@given(rules, st.sampled_from(list(Outcome)), st.integers(1, 25), st.integers(0, 29), st.integers(0, 10**5))
def test_what_follows_a_call(rule: RetryRules, outcome: Outcome, made: int, current: int, age: int) -> None:
    dialed_at = NOW - timedelta(seconds=age)
    found = after_call(outcome=outcome, rules=rule, attempts_made=made, rank=current, dialed_at=dialed_at, now=NOW)
    if outcome == Outcome.ANSWERED:
        assert found.state == "COMPLETED"
    elif rule.campaign_state in {"STOPPED", "COMPLETED"}:
        assert found.state == "CANCELED"
    elif made >= rule.max_attempts or rule.delays.get(outcome) is None:
        assert found.state == "EXHAUSTED"
        assert found.reason
    else:
        assert found.state == "PENDING"
        assert found.next_attempt_at is not None
        due = dialed_at + timedelta(seconds=rule.delays[outcome] or 0)
        assert found.next_attempt_at >= max(due, NOW)
        assert found.rank == rank(lane=Lane.RETRY, priority=current % 10)
        if rule.window.opens != rule.window.closes:
            assert is_open(window=rule.window, at=found.next_attempt_at)


@given(rules)
def test_after_a_call_that_rang_nobody_the_lead_keeps_its_place(rule: RetryRules) -> None:
    found = after_nothing(rules=rule, due_at=NOW)
    if rule.campaign_state in {"STOPPED", "COMPLETED"}:
        assert found.state == "CANCELED"
    else:
        assert (found.state, found.next_attempt_at, found.rank) == ("PENDING", NOW, None)


def test_a_delay_runs_from_the_dial_and_never_ends_in_the_past() -> None:
    window = DailyWindow(time_zone="UTC", opens=time(0), closes=time(23, 59, 59))
    rule = RetryRules(campaign_state="RUNNING", max_attempts=3, delays={"BUSY": 60}, window=window)

    def due(age: int) -> datetime | None:
        dialed_at = NOW - timedelta(seconds=age)
        return after_call(
            outcome=Outcome.BUSY, rules=rule, attempts_made=1, rank=15, dialed_at=dialed_at, now=NOW
        ).next_attempt_at

    assert due(20) == NOW + timedelta(seconds=40)
    assert due(500) == NOW


@given(st.dictionaries(st.text(max_size=12), st.none() | st.integers() | st.text(max_size=3) | st.booleans()))
def test_delays_that_make_no_sense_are_named(given_delays: dict[str, object]) -> None:
    problems = retry_delay_problems(given_delays)
    good = {
        name: value
        for name, value in given_delays.items()
        if name in RETRYABLE and (value is None or (type(value) is int and 0 <= value <= LONGEST_DELAY_SECONDS))
    }
    assert len(problems) == len(given_delays) - len(good)
