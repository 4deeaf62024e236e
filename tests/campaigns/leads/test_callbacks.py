"""Callbacks that somebody sets by hand, or a program: what cannot come is refused at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.leads.callbacks import set_callback
from campaigns.leads.single_calls import call_once
from campaigns.models import Attempt, Campaign, Lead, RulesProfile, SuppressedNumber, SuppressionList
from campaigns.placing.recording import record
from campaigns.placing.results import Placed, Unsent
from campaigns.settling.callbacks_off import call_off_callback
from campaigns.settling.reports import settle
from campaigns.states.campaigns import UnableToOperate
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, lead_of, place, set_fleet

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("until", "applies_to_all", "is_refused"),
    [
        (None, True, True),
        (AT + timedelta(minutes=1), True, True),
        (AT - timedelta(minutes=1), True, False),
        (None, False, False),
    ],
)
def test_who_is_suppressed_by_then_gets_no_callback(
    until: datetime | None, applies_to_all: bool, is_refused: bool
) -> None:
    lead = campaign(account(), leads=1).leads.get()
    never = SuppressionList.objects.create(name="Never", applies_to_all=applies_to_all)
    SuppressedNumber.objects.create(suppression_list=never, number=lead.number, until=until)
    problem = ""
    try:
        set_callback(lead_id=lead.pk, at=AT, by="olga", now=NOON)
    except UnableToOperate as error:
        problem = str(error)
    lead.refresh_from_db()
    assert ("is suppressed" in problem, lead.callback_at) == ((True, None) if is_refused else (False, AT))


def called_and_to_be_called_back() -> tuple[Campaign, Attempt]:
    """Return a campaign whose lead was called once, and whose callback has just come due and did not leave."""
    made = campaign(account(), leads=1, retry_rules={"disposition:later": 86400}, max_attempts=5)
    first = place(made)
    settle(reports=[(first.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    set_callback(lead_id=first.lead_id, at=AT, by="olga", now=NOON)
    set_fleet(made.account, available=10, at=AT)
    attempt = place(made, state="PLACING", now=AT)
    assert lead_of(first).callback_at is None
    unsent = Unsent(detail="ConnectError", is_our_choice=False)
    ids: dict[str, Any] = {"attempt_id": attempt.pk, "account_id": made.account_id, "campaign_id": made.pk}
    record(results=[Placed(**ids, result=unsent)], now=AT)
    return made, first


def test_a_callback_that_rang_nobody_waits_on_as_one() -> None:
    _, first = called_and_to_be_called_back()
    lead = lead_of(first)
    assert (lead.state, lead.callback_at, lead.rank // 10) == ("PENDING", AT, 0)
    # What comes late of the call before decides on no callback.
    settle(reports=[(first.pk, CallReport(phase=Phase.UNKNOWN, disposition="later"))], now=AT)
    assert (lead_of(first).callback_at, lead_of(first).next_attempt_at) == (AT, lead.next_attempt_at)


def test_it_can_be_called_off_like_any_other() -> None:
    _, first = called_and_to_be_called_back()
    call_off_callback(lead_id=first.lead_id, by="olga", now=AT)
    assert (lead_of(first).state, lead_of(first).callback_at) == ("COMPLETED", None)


def test_it_is_over_once_its_call_has_rung() -> None:
    made, first = called_and_to_be_called_back()
    later = AT + timedelta(minutes=1)
    set_fleet(made.account, available=10, at=later)
    again = place(made, now=later)
    settle(reports=[(again.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=later)
    assert (lead_of(first).state, lead_of(first).callback_at) == ("COMPLETED", None)


def consenting() -> tuple[Campaign, Lead]:
    """Return a campaign whose profile wants a consent, and a single call that brings it as a variable of its own."""
    profile = RulesProfile(slug="consent", name="Consent", rules={"required_fields": ["consent"]})
    profile.save()
    made = campaign(account(), leads=0, is_standing=True, profile=profile)
    lead, _ = call_once(campaign=made, number="+919812345678", at=None, variables={"consent": "yes"}, now=NOON)
    return made, lead


def test_a_single_call_may_bring_what_a_profile_requires() -> None:
    made, lead = consenting()
    assert [call.lead.id for call in claimed(made.account).reserved] == [lead.pk]


def test_who_asks_in_a_single_call_to_be_called_back_is() -> None:
    made, lead = consenting()
    asked = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition="CALLBACK")
    settle(reports=[(place(made).pk, asked)], now=NOON)
    lead.refresh_from_db()
    assert (lead.state, lead.callback_at) == ("PENDING", NOON + timedelta(hours=1))
