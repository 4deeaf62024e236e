"""Pure: what overlapped, by the limits of that time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.promises.call import Call
from campaigns.promises.findings import Findings
from campaigns.promises.limits import Limits, Overlaps
from campaigns.promises.stops import Change, Spans

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EXACT = timedelta(0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def call(pk: int, began: float, ended: float | None, **given: Any) -> Call:
    values: dict[str, Any] = {
        "id": pk, "lead_id": pk, "campaign_id": 1, "account_id": 1, "did_id": 1, "agent_id": None,
        "number": f"+91{pk:010}", "began_at": at(began), "ended_at": None if ended is None else at(ended),
        "told_seconds": None, "rules_version_id": None, "zones": None, "is_ours": True,
    }  # fmt: skip
    return Call(**{**values, **given})


def found(calls: list[Call], *, most: int = 2, **given: Any) -> list[str]:
    """Return what is found, by check and holder with the count."""
    findings = Findings()
    values: dict[str, Any] = {"clocks_differ": EXACT, "fleet_accounts": (), "since": None}
    limits = Limits(current={("DID", 1): most}, past=given.pop("past", {}))
    overlaps = Overlaps(limits=limits, findings=findings, **{**values, **given})
    for one in calls:
        overlaps.see(one)
    return [f"{one.check.name} {one.of} {one.count}".replace("  ", " ") for one in findings]


def test_one_call_too_many_is_found_and_a_line_that_is_handed_over_is_not() -> None:
    handed_over = [call(1, 0, 10), call(2, 0, 5), call(3, 5, 20), call(4, 10, 20)]
    assert found(handed_over) == []
    assert found([*handed_over, call(5, 19.9, 30)]) == ["limit-exceeded DID #1 1"]


def test_a_call_that_has_not_ended_holds_its_line() -> None:
    assert found([call(1, 0, None), call(2, 1, None), call(3, 3600, None)]) == ["limit-exceeded DID #1 1"]


def test_a_limit_counts_as_it_was_when_the_call_began() -> None:
    three = [call(1, 0, 100), call(2, 0, 100), call(3, 10, 100)]
    lowered = {("DID", 1): [(at(60), 3)]}
    assert found(three, past=lowered) == [], "what was under way when it was lowered breaks nothing"
    assert found([*three, call(4, 70, 80)], past=lowered) == ["limit-exceeded DID #1 1"]
    raised = {("DID", 1): [(at(5), 1)]}
    assert found([call(1, 0, 100), call(2, 1, 100)], past=raised) == ["limit-exceeded DID #1 1"]
    assert found([call(1, 0, 100), call(2, 6, 100)], past=raised) == []
    unlimited = {("DID", 1): [(at(60), None)]}
    assert found([*three, call(4, 20, 90)], past=unlimited) == []


def test_a_line_that_was_taken_before_the_limit_was_lowered_is_not_one_too_many() -> None:
    two = [call(1, 0, 100), call(2, 0, 100)]
    lowered = {("DID", 1): [(at(60), 3)]}
    assert found([*two, call(3, 60.2, 100, reserved_at=at(59.9))], past=lowered) == []
    assert found([*two, call(3, 60.2, 100, reserved_at=at(60.1))], past=lowered) == ["limit-exceeded DID #1 1"]


def test_what_two_clocks_may_explain_is_not_found() -> None:
    overlapping = [call(1, 0, 10), call(2, 0, 10), call(3, 9, 20)]
    assert found(overlapping) == ["limit-exceeded DID #1 1"]
    assert found(overlapping, clocks_differ=timedelta(seconds=2)) == []


def test_where_a_fleet_gives_lines_away_calls_last_as_their_results_say() -> None:
    results_came_late = [call(1, 0, 60, told_seconds=4.5), call(2, 0, 60, told_seconds=4.5), call(3, 5, 60)]
    assert found(results_came_late) == ["limit-exceeded DID #1 1"]
    assert found(results_came_late, fleet_accounts=(1,)) == []
    surely_live = [call(1, 0, 60, told_seconds=9.5), call(2, 0, 60, told_seconds=9.5), call(3, 5, 60)]
    assert found(surely_live, fleet_accounts=(1,)) == ["limit-exceeded DID #1 1"]


@pytest.mark.parametrize(("same", "name"), [("lead_id", "lead"), ("number", "number")])
def test_two_live_calls_of_one_person_are_found(same: str, name: str) -> None:
    value: Any = "+919812345678" if same == "number" else 7
    twice = [call(1, 0, 30, **{same: value}), call(2, 29, 40, **{same: value}), call(3, 40, 50, **{same: value})]
    assert found(twice) == [f"{name}-called-twice-at-once 1"]


def test_what_was_before_the_audit_is_counted_and_not_told_again() -> None:
    calls = [call(1, 0, 100), call(2, 0, 100), call(3, 10, 100), call(4, 60, 70)]
    assert found(calls) == ["limit-exceeded DID #1 2"]
    assert found(calls, since=at(30)) == ["limit-exceeded DID #1 1"]


def test_a_stop_forbids_once_it_surely_holds_until_the_next_start() -> None:
    spans = Spans([Change(at(0), True), Change(at(100), False), Change(at(1000), True)])

    def forbidden(seconds: float) -> bool:
        return spans.forbids(at=at(seconds), clocks_differ=timedelta(seconds=1))

    assert not any(map(forbidden, (-50, 0, 99, 105, 1000, 5000)))
    assert all(map(forbidden, (123, 500, 998)))
