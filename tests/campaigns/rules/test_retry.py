"""The retry matrix, and what becomes of a lead after a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.caps import NO_CAPS, Cap, Caps
from campaigns.rules.deciding import LeadFacts, Schedule
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.hours import Hours, Window
from campaigns.rules.order import Lane, rank
from campaigns.rules.retry import LONGEST_DELAY_SECONDS, PRESETS, RETRYABLE, matrix_of, retry_rules_problems
from campaigns.rules.ruleset import CampaignRules
from campaigns.settling.outcomes import Ended, after_call, after_nothing
from dialer.providers.base import Outcome

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALWAYS = Hours(windows=(Window(opens=time(0), closes=time(12)), Window(opens=time(12), closes=time(0))))
LEAD = LeadFacts(number="+919876543210")
matrices = st.dictionaries(st.sampled_from([str(o.value) for o in RETRYABLE]), st.none() | st.integers(0, 10**6))


def rules_with(
    matrix: dict[str, Any], *, hours: Hours = ALWAYS, zone: str = "UTC", max_attempts: int = 3, caps: Caps = NO_CAPS
) -> CampaignRules:
    """Return a running campaign's rules."""
    assert not retry_rules_problems(matrix)
    return CampaignRules(
        state="RUNNING",
        schedule=Schedule(hours=hours, time_zone=zone),
        profile=None,
        profile_id=None,
        caps=caps,
        purpose="",
        rotation=Rotation.MOST_ROOM,
        max_attempts=max_attempts,
        matrix=matrix_of(orjson.dumps(matrix)),
    )


def ended(outcome: Outcome = Outcome.BUSY, **fields: Any) -> Ended:
    """Return a lead's first attempt, which was dialed 100 s ago."""
    values: dict[str, Any] = {"attempts_before": 0, "rank": 15, "dialed_at": NOW - timedelta(seconds=100), "lead": LEAD}
    return Ended(outcome=outcome, **{**values, **fields})


@given(
    matrices,
    st.sampled_from(["RUNNING", "PAUSED", "STOPPED", "COMPLETED"]),
    st.integers(1, 20),
    st.sampled_from(list(Outcome)),
    st.integers(0, 25),
    st.integers(0, 29),
    st.integers(0, 10**5),
)
def test_what_follows_a_call(
    matrix: dict[str, Any], state: str, most: int, outcome: Outcome, before: int, current: int, age: int
) -> None:
    rules = replace(rules_with(matrix, max_attempts=most), state=state)
    dialed_at = NOW - timedelta(seconds=age)
    found = after_call(
        end=ended(outcome, attempts_before=before, rank=current, dialed_at=dialed_at), rules=rules, now=NOW
    )
    if outcome == Outcome.ANSWERED:
        assert found.state == "COMPLETED"
    elif state in {"STOPPED", "COMPLETED"}:
        assert found.state == "CANCELED"
    elif before + 1 >= most or matrix.get(outcome) is None:
        assert (found.state, bool(found.reason)) == ("EXHAUSTED", True)
    else:
        due = dialed_at + timedelta(seconds=matrix[outcome])
        assert (found.state, found.next_attempt_at) == ("PENDING", max(due, NOW))
        assert found.rank == rank(lane=Lane.RETRY, priority=current % 10)


@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED", "COMPLETED"])
def test_after_a_call_that_rang_nobody_the_lead_keeps_its_place(state: str) -> None:
    found = after_nothing(rules=replace(rules_with({}), state=state), due_at=NOW)
    if state in {"STOPPED", "COMPLETED"}:
        assert found.state == "CANCELED"
    else:
        assert (found.state, found.next_attempt_at, found.rank) == ("PENDING", NOW, None)


def test_each_retry_takes_the_next_delay_of_its_list_and_the_last_one_again() -> None:
    rules = rules_with({"BUSY": {"delays": [600, 3600]}}, max_attempts=20)

    def due(times: int) -> datetime | None:
        end = ended(attempts_before=times + 4, before={("BUSY", ""): times, ("NO_ANSWER", ""): 4})
        return after_call(end=end, rules=rules, now=NOW).next_attempt_at

    dialed_at = NOW - timedelta(seconds=100)
    assert [due(times) for times in range(3)] == [dialed_at + timedelta(seconds=s) for s in (600, 3600, 3600)]


def test_a_kind_of_end_has_its_own_maximum() -> None:
    rules = rules_with({"BUSY": {"delays": [600], "most": 2}}, max_attempts=20)
    states = [
        after_call(end=ended(attempts_before=n, before={("BUSY", ""): n}), rules=rules, now=NOW).state for n in range(4)
    ]
    assert states == ["PENDING", "PENDING", "EXHAUSTED", "EXHAUSTED"]


def test_a_disposition_speaks_before_its_outcome_and_may_call_an_answered_lead_again() -> None:
    matrix = {"NO_ANSWER": 60, "disposition:Call me later": {"delays": [7200], "most": 1, "counts": False}}
    rules = rules_with(matrix, max_attempts=2)
    first = after_call(end=ended(Outcome.ANSWERED, disposition="call me LATER "), rules=rules, now=NOW)
    assert (first.state, first.counts) == ("PENDING", False)
    assert first.next_attempt_at == NOW - timedelta(seconds=100) + timedelta(hours=2)
    before = {("ANSWERED", "call me later"): 1}
    second = after_call(end=ended(Outcome.ANSWERED, disposition="call me later", before=before), rules=rules, now=NOW)
    assert second.state == "COMPLETED"
    assert after_call(end=ended(Outcome.ANSWERED, disposition="sold"), rules=rules, now=NOW).state == "COMPLETED"


def test_a_disposition_without_retry_ends_a_lead_whose_outcome_has_one() -> None:
    rules = rules_with({"MACHINE": 60, "disposition:wrong number": None})
    assert after_call(end=ended(Outcome.MACHINE, disposition="Wrong number"), rules=rules, now=NOW).state == "EXHAUSTED"
    assert after_call(end=ended(Outcome.MACHINE, disposition=""), rules=rules, now=NOW).state == "PENDING"


def test_a_retry_is_due_at_a_permitted_instant() -> None:
    day = Hours(windows=(Window(opens=time(9), closes=time(17), days=frozenset({1, 2, 3, 4, 5})),))
    rules = rules_with({"BUSY": 7200}, hours=day, zone="Asia/Kolkata")
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    found = after_call(end=ended(dialed_at=friday), rules=rules, now=friday + timedelta(minutes=1))
    assert found.next_attempt_at == datetime(2026, 3, 9, 9, tzinfo=ZoneInfo("Asia/Kolkata"))


def test_a_retry_waits_for_the_caps_of_the_person() -> None:
    rules = rules_with({"BUSY": 600}, caps=Caps(caps=(Cap(calls=2, hours=24),)))
    dialed_at = NOW - timedelta(seconds=100)
    calls = [dialed_at, NOW - timedelta(hours=20)]
    found = after_call(end=ended(calls=calls), rules=rules, now=NOW)
    assert found.next_attempt_at == NOW + timedelta(hours=4)


def test_another_time_is_another_part_of_the_contacts_day() -> None:
    rules = rules_with({"NO_ANSWER": {"delays": [3600], "other_time": True}})
    for hour, expected in ((9, 12), (12, 17), (18, 24)):
        dialed_at = datetime(2026, 3, 2, hour, tzinfo=ZoneInfo("Asia/Kolkata"))
        found = after_call(end=ended(Outcome.NO_ANSWER, dialed_at=dialed_at), rules=rules, now=dialed_at)
        midnight = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Kolkata"))
        assert found.next_attempt_at == midnight + timedelta(hours=expected)


def test_the_numbers_of_a_contact_are_rung_in_turn() -> None:
    rules = rules_with({"NO_ANSWER": {"delays": [60], "other_number": ["phone_2", "phone_3"]}})
    own = [LEAD.number, "+919876500002", "+919876500003"]

    def following(number: str) -> str | None:
        end = ended(Outcome.NO_ANSWER, lead=LeadFacts(number=number), numbers=own)
        return after_call(end=end, rules=rules, now=NOW).number

    assert [following(number) for number in own] == [own[1], own[2], None]


@given(st.dictionaries(st.text(max_size=12), st.none() | st.integers() | st.text(max_size=3) | st.booleans()))
def test_delays_that_make_no_sense_are_named(given_delays: dict[str, object]) -> None:
    problems = retry_rules_problems(given_delays)
    good = {
        name: value
        for name, value in given_delays.items()
        if (name in RETRYABLE or (name.startswith("disposition:") and name != "disposition:"))
        and (value is None or (type(value) is int and 0 <= value <= LONGEST_DELAY_SECONDS))
    }
    assert len(problems) == len(given_delays) - len(good)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ({"delays": "60"}, "delays is a list"),
        ({"delays": [60], "most": -1}, "most is a whole number"),
        ({"delays": [60], "counts": False}, "for ever"),
        ({"delays": [60], "other_did": 1}, "true or false"),
        ({"delays": [60], "other_number": "phone_2"}, "other_number is a list"),
        ({"delays": [60], "othertime": True}, "othertime: unknown"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(cell: dict[str, Any], words: str) -> None:
    assert words in retry_rules_problems({"BUSY": cell})[0]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_good_and_never_ring_again_where_somebody_may_have_been_rung(name: str) -> None:
    assert retry_rules_problems(dict(PRESETS[name])) == []
    assert not {"UNCERTAIN", "LOST"} & set(PRESETS[name])


def test_a_cell_for_absent_calls_bears_on_no_other_and_is_for_calls_that_nobody_told_of() -> None:
    matrix = {"UNCERTAIN": {"absent": True, "delays": [1800], "most": 1}, "LOST": 900}
    words = "Not in the log read until 2026-03-02 11:31:00 UTC, twice"

    def after(outcome: Outcome, **fields: Any) -> Any:
        return after_call(end=ended(outcome, **fields), rules=rules_with(matrix), now=NOW)

    again = after(Outcome.UNCERTAIN, absence=words)
    assert (again.state, again.reason) == ("PENDING", words)
    before = {("UNCERTAIN", ""): 1}
    assert after(Outcome.UNCERTAIN, absence=words, attempts_before=1, before=before).state == "EXHAUSTED"
    unshown = after(Outcome.UNCERTAIN)
    assert (unshown.state, "has not shown" in unshown.reason) == ("EXHAUSTED", True)
    assert after(Outcome.LOST).state == after(Outcome.LOST, absence=words).state == "PENDING"
    (problem,) = retry_rules_problems({"BUSY": {"absent": True, "delays": [60]}})
    assert "absent is for LOST and UNCERTAIN" in problem
