"""A disposition that comes after its call's end decides as if it had come with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.operations import stop_campaign
from campaigns.models import Attempt, Campaign, Lead
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, did, lead_of, place, set_fleet

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MATRIX: dict[str, Any] = {
    "BUSY": 7200,
    "MACHINE": {"delays": [3600], "other_did": True},
    "disposition:voicemail": {"delays": [86400], "most": 1, "counts": False, "other_did": True},
    "disposition:wrong person": {"delays": [3600], "other_number": ["second"]},
    "disposition:not interested": None,
}
in_transactions = settings(max_examples=40)


def made_campaign(**fields: Any) -> Campaign:
    owner = account()
    made = campaign(owner, leads=1, dids=[did(owner), did(owner)], retry_rules=MATRIX, **fields)
    contact = made.leads.get().contact
    contact.variables = {"second": "+919812300000"}
    contact.save()
    return made


def ended(outcome: str) -> CallReport:
    return CallReport(phase=Phase.ENDED, outcome=Outcome(outcome))


def said(disposition: str, analysis: Any = None) -> CallReport:
    return CallReport(phase=Phase.UNKNOWN, disposition=disposition, analysis=analysis)


def settled(attempt: Attempt, reports: Sequence[CallReport], *, now: Any = NOON) -> None:
    settle(reports=[(attempt.pk, report) for report in reports], now=now)


def final(attempt: Attempt) -> dict[str, Any]:
    attempt.refresh_from_db()
    lead = lead_of(attempt)
    names = ("state", "attempts_made", "callback_at", "other_number", "last_outcome", "state_reason", "ended_at")
    found = {name: getattr(lead, name) for name in names}
    if lead.state == "PENDING":
        found |= {"due": lead.next_attempt_at, "rank": lead.rank}
    avoids = lead.avoid_did_id and lead.avoid_did_id == attempt.did_id
    return found | {"avoids": avoids, "outcome": attempt.outcome, "disposition": attempt.disposition}


@given(
    data=st.data(),
    outcome=st.sampled_from(["ANSWERED", "BUSY", "MACHINE", "NO_ANSWER", "LOST"]),
    disposition=st.sampled_from(["voicemail", "Wrong Person", "not interested", "INTERESTED", "callback", "dnc"]),
    is_named=st.booleans(),
    max_attempts=st.sampled_from([1, 3]),
)
@in_transactions
def test_the_lead_ends_alike_in_whatever_order_end_and_disposition_come(
    data: st.DataObject, outcome: str, disposition: str, is_named: bool, max_attempts: int
) -> None:
    words = said(disposition, {"callback_at": (NOON + 5 * HOUR).isoformat()} if is_named else None)
    attempts = [place(made_campaign(max_attempts=max_attempts)) for _ in range(2)]
    settled(attempts[0], [words, ended(outcome)])
    story = (ended(outcome), words, CallReport(phase=Phase.RINGING), said(""))
    order = data.draw(st.permutations(story + data.draw(st.sampled_from([(), story, (words, words)]))))
    cuts = data.draw(st.lists(st.integers(1, len(order)), max_size=4))
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(order)], strict=True):
        settled(attempts[1], order[start:stop])
    assert final(attempts[1]) == final(attempts[0])


@pytest.mark.parametrize(
    ("outcome", "disposition", "state", "hours", "made"),
    [
        ("ANSWERED", "voicemail", "PENDING", 24, 0),
        ("ANSWERED", "wrong person", "PENDING", 1, 1),
        ("ANSWERED", "INTERESTED", "COMPLETED", None, 1),
        ("MACHINE", "not interested", "EXHAUSTED", None, 1),
        ("NO_ANSWER", "voicemail", "PENDING", 24, 0),
    ],
)
def test_what_an_agent_says_after_the_call_decides_what_follows(
    outcome: str, disposition: str, state: str, hours: int | None, made: int
) -> None:
    attempt = place(made_campaign())
    settled(attempt, [ended(outcome)])
    for minute in (10, 11):
        settled(attempt, [said(disposition)], now=NOON + timedelta(minutes=minute))
        found = final(attempt)
        assert (found["state"], found["attempts_made"]) == (state, made)
        assert found.get("due") == (None if hours is None else NOON + hours * HOUR)


def test_a_completed_campaign_runs_again_for_it_and_one_past_its_end_does_not() -> None:
    for ends_at, states in ((None, ("RUNNING", "PENDING")), (NOON + HOUR, ("COMPLETED", "COMPLETED"))):
        made = made_campaign(ends_at=ends_at)
        attempt = place(made)
        settled(attempt, [ended("ANSWERED")])
        turn_campaigns(now=NOON + timedelta(minutes=1))
        settled(attempt, [said("voicemail")], now=NOON + 2 * HOUR)
        made.refresh_from_db()
        assert (made.state, lead_of(attempt).state) == states


def test_a_lead_that_is_dialed_again_or_was_since_is_left_alone() -> None:
    made = made_campaign()
    first = place(made)
    settled(first, [ended("BUSY")])
    set_fleet(made.account, available=9, at=NOON + 3 * HOUR)
    second = place(made, now=NOON + 3 * HOUR)
    settled(first, [said("voicemail")], now=NOON + 3 * HOUR)
    assert lead_of(first).state == "DIALING"
    settled(second, [ended("ANSWERED")], now=NOON + 3 * HOUR)
    settled(first, [said("not interested")], now=NOON + 4 * HOUR)
    assert (lead_of(first).state, lead_of(first).attempts_made) == ("COMPLETED", 2)


def test_a_request_that_rang_nobody_does_not_stand_in_the_way() -> None:
    made = made_campaign()
    attempt = place(made)
    settled(attempt, [ended("BUSY")])
    later = NOON + 3 * HOUR
    set_fleet(made.account, available=9, at=later)
    again = claimed(made.account, now=later).reserved[0]
    ended_unburned = {"state": "ENDED", "outcome": "REFUSED", "is_burned": False, "ended_at": later}
    Attempt.objects.filter(pk=again.attempt_id).update(**ended_unburned)
    Lead.objects.update(state="PENDING")
    settled(attempt, [said("not interested")], now=later)
    assert lead_of(attempt).state == "EXHAUSTED"


@pytest.mark.parametrize("state", ["CANCELED", "SUPPRESSED", "EXPIRED"])
def test_what_was_ended_otherwise_stays_so(state: str) -> None:
    attempt = place(made_campaign())
    settled(attempt, [ended("BUSY")])
    Lead.objects.update(state=state, ended_at=NOON)
    settled(attempt, [said("voicemail")])
    assert lead_of(attempt).state == state


def test_a_stopped_campaign_calls_nobody_again() -> None:
    made = made_campaign()
    attempt = place(made)
    settled(attempt, [ended("ANSWERED")])
    stop_campaign(campaign_id=made.pk, now=NOON, by="olga")
    settled(attempt, [said("voicemail")], now=NOON)
    assert lead_of(attempt).state == "COMPLETED"


def test_who_asks_late_never_to_be_called_again_is_not() -> None:
    made = made_campaign()
    attempt = place(made)
    settled(attempt, [ended("BUSY")])
    settled(attempt, [said("DO_NOT_CALL")], now=NOON + HOUR)
    set_fleet(made.account, available=9, at=NOON + 3 * HOUR)
    assert claimed(made.account, now=NOON + 3 * HOUR).reserved == []
    assert lead_of(attempt).state == "SUPPRESSED"
