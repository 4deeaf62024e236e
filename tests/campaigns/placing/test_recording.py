"""What came of requests: what counts as an attempt, what goes back, what pauses a campaign."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.claiming.budget import FIRST_BACKOFF_SECONDS
from campaigns.models import Attempt, Campaign
from campaigns.placing.recording import record
from campaigns.placing.results import Placed, Unsent
from campaigns.settling.reports import settle
from dialer.models import AccountGate
from dialer.providers.base import (
    UNBURNED_REFUSALS,
    Accepted,
    CallReport,
    Outcome,
    Phase,
    PlaceResult,
    Refusal,
    Refused,
    Unclear,
)
from tests.campaigns.world import NOON, account, campaign, lead_of, live, place

pytestmark = pytest.mark.django_db


def placed(attempt: Attempt, result: PlaceResult | Unsent, *, was_crowded: bool = False) -> Placed:
    """Return what came of the attempt's request, as placing gives it."""
    return Placed(
        attempt_id=attempt.pk,
        account_id=attempt.account_id,
        campaign_id=attempt.campaign_id,
        result=result,
        was_crowded=was_crowded,
    )


def recorded(attempt: Attempt, result: PlaceResult | Unsent, *, was_crowded: bool = False) -> Attempt:
    """Record what came of the attempt's request and return the attempt."""
    record(results=[placed(attempt, result, was_crowded=was_crowded)], now=NOON)
    return Attempt.objects.get(pk=attempt.pk)


def placing() -> Attempt:
    return place(campaign(account(), leads=3), state="PLACING")


@pytest.mark.parametrize("reason", list(Refusal), ids=str)
def test_a_refusal_counts_only_if_its_meaning_says_so(reason: Refusal) -> None:
    attempt = recorded(placing(), Refused(reason=reason, detail="No."))
    assert (attempt.state, attempt.outcome, attempt.refusal) == ("ENDED", "REFUSED", reason)
    assert attempt.is_burned is (reason not in UNBURNED_REFUSALS)
    lead = lead_of(attempt)
    assert lead.attempts_made == int(reason not in UNBURNED_REFUSALS)
    assert lead.state == ("PENDING" if reason in UNBURNED_REFUSALS else "EXHAUSTED")


@pytest.mark.parametrize("reason", [Refusal.CREDENTIALS, Refusal.UNKNOWN_TARGET, Refusal.ADDRESS_NOT_ALLOWED])
def test_what_every_call_would_be_refused_for_pauses_the_campaign_and_says_why(reason: Refusal) -> None:
    made = campaign(account(), leads=4)
    # One wrong number is no wrong setting: only a credential is sure at the first refusal.
    for _ in range(1 if reason == Refusal.CREDENTIALS else 3):
        assert Campaign.objects.get(pk=made.pk).state == "RUNNING"
        attempt = recorded(place(made, state="PLACING"), Refused(reason=reason, detail="Key is not known."))
    found = Campaign.objects.get(pk=attempt.campaign_id)
    assert found.state == "PAUSED"
    assert "Key is not known." in found.state_reason


def test_a_request_that_did_not_leave_goes_back_uncounted() -> None:
    attempt = recorded(placing(), Unsent(detail="ConnectError", is_our_choice=False))
    lead = lead_of(attempt)
    assert (attempt.outcome, attempt.is_burned, lead.state, lead.attempts_made) == ("CANCELED", False, "PENDING", 0)
    assert lead.next_attempt_at > NOON


def test_an_unclear_reply_keeps_the_slot() -> None:
    attempt = recorded(placing(), Unclear(detail="ReadTimeout"))
    assert (attempt.state, attempt.detail, lead_of(attempt).state) == ("UNCERTAIN", "ReadTimeout", "DIALING")


@pytest.mark.parametrize(
    "result",
    [Accepted(external_id="c-1"), Unclear(detail="x"), Refused(reason=Refusal.NO_CAPACITY, detail="x")],
    ids=lambda result: type(result).__name__,
)
def test_a_push_that_came_before_the_reply_stands(result: PlaceResult) -> None:
    attempt = placing()
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    attempt = recorded(attempt, result)
    assert (attempt.state, attempt.outcome, lead_of(attempt).state) == ("ENDED", "ANSWERED", "COMPLETED")
    assert lead_of(attempt).attempts_made == 1


def test_recording_twice_changes_nothing() -> None:
    attempt = placing()
    for _ in range(2):
        recorded(attempt, Refused(reason=Refusal.INVALID_REQUEST, detail="x"))
    assert lead_of(attempt).attempts_made == 1


def test_refusals_in_a_row_make_the_account_rest_and_one_accepted_call_ends_it() -> None:
    owner = account()
    made = campaign(owner, leads=8)
    attempts = [place(made, state="PLACING") for _ in range(8)]
    for attempt in attempts[:5]:
        recorded(attempt, Refused(reason=Refusal.NO_CAPACITY, detail="No free line."))
    gate = AccountGate.objects.get(account=owner)
    assert gate.backoff_until is not None
    assert gate.backoff_until > NOON
    assert gate.backoff_reason == "No free line."
    recorded(attempts[6], Accepted(external_id="c-7"), was_crowded=True)
    gate.refresh_from_db()
    assert gate.refusals_in_row == 0
    assert AccountGate.objects.values_list("backoff_until", flat=True).get(account=owner) is None
    assert live(owner) == 3


def test_refusals_of_calls_in_flight_together_bring_on_the_first_rest_and_no_longer_one() -> None:
    owner = account()
    made = campaign(owner, leads=40)
    attempts = [place(made, state="PLACING") for _ in range(40)]
    full = Refused(reason=Refusal.NO_CAPACITY, detail="No free line.")
    record(results=[placed(attempt, full) for attempt in attempts[:30]], now=NOON)
    for attempt in attempts[30:]:
        recorded(attempt, full)
    gate = AccountGate.objects.get(account=owner)
    assert gate.backoff_until == NOON + timedelta(seconds=FIRST_BACKOFF_SECONDS)


def test_an_accepted_call_after_a_rest_rings_for_more_at_once() -> None:
    owner = account()
    attempt = place(campaign(owner, leads=2), state="PLACING")
    AccountGate.objects.filter(account=owner).update(refusals_in_row=7, backoff_until=NOON - timedelta(seconds=1))
    accepted = placed(attempt, Accepted(external_id="c-1"), was_crowded=True)
    assert record(results=[accepted], now=NOON) == {owner.pk}


def test_single_refusals_among_accepted_calls_are_no_row_though_all_were_claimed_before() -> None:
    owner = account()
    made = campaign(owner, leads=12)
    attempts = [place(made, state="PLACING") for _ in range(12)]
    for number, attempt in enumerate(attempts):
        refused = number % 2 == 0
        recorded(attempt, Refused(reason=Refusal.NO_CAPACITY, detail="503") if refused else Accepted(external_id="c"))
    gate = AccountGate.objects.get(account=owner)
    assert (gate.refusals_in_row, gate.backoff_until) == (0, None)
