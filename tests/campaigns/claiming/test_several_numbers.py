"""A person with several numbers: rung in turn, with caps, suppression, holds and a live call that are the person's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns.explaining.why_not_now import explain_lead
from campaigns.models import Attempt, Campaign, Contact, Lead, PossibleOptOut, SuppressedNumber, SuppressionList
from campaigns.settling.reports import settle
from campaigns.suppression import lift
from dialer.models import ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.claiming.test_rules import DAY, HOUR, call
from tests.campaigns.world import NOON, account, campaign, claimed, place, set_fleet, taken_numbers

pytestmark = pytest.mark.django_db

OWN, SECOND, THIRD = "+919876543210", "+919876500002", "+919876500003"
IN_TURN = {"delays": [3600], "other_number": ["further_numbers"]}


def of_several(owner: ProviderAccount, **fields: Any) -> Campaign:
    """Return a campaign over one person with three numbers, who is rung in turn."""
    made = campaign(owner, leads=[OWN], **{"retry_rules": {"BUSY": IN_TURN}, "max_attempts": 9, **fields})
    Contact.objects.filter(number=OWN).update(further_numbers=[SECOND, THIRD])
    return made


def suppress(number: str, **fields: Any) -> None:
    everywhere, _ = SuppressionList.objects.get_or_create(name="Never")
    SuppressedNumber.objects.create(suppression_list=everywhere, number=number, **fields)


def ends(attempt: Attempt, now: Any = NOON, **said: Any) -> None:
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, **said))], now=now)


def test_the_numbers_that_are_kept_with_the_contact_are_rung_in_turn() -> None:
    owner = account()
    of_several(owner)
    rung = [call(owner, now=NOON + n * HOUR) for n in range(4)]
    assert rung == [[OWN], [SECOND], [THIRD], [OWN]]


def test_without_being_asked_for_only_the_contacts_own_number_is_rung() -> None:
    owner = account()
    of_several(owner, retry_rules={"BUSY": 3600})
    assert [call(owner, now=NOON + n * HOUR) for n in range(3)] == [[OWN], [OWN], [OWN]]


@pytest.mark.parametrize("caps", [{"caps": [{"calls": 1, "hours": 24}]}, {"minimum_gap_seconds": 24 * 3600}])
def test_caps_count_the_calls_to_all_numbers_of_the_person(caps: dict[str, Any]) -> None:
    owner = account()
    made = of_several(owner, **caps)
    assert call(owner, now=NOON) == [OWN]
    assert made.leads.get().next_attempt_at == NOON + DAY
    # Whatever it is due by, and in another campaign as well, over a list that knows the number alone.
    Lead.objects.update(next_attempt_at=NOON)
    assert call(owner, now=NOON + HOUR) == []
    assert call(owner, now=NOON + DAY) == [SECOND]
    again = of_several(owner, **caps)
    assert call(owner, now=NOON + DAY + HOUR) == []
    assert again.leads.get().next_attempt_at == NOON + 2 * DAY


def test_who_is_suppressed_by_the_own_number_is_rung_on_no_other() -> None:
    owner = account()
    made = of_several(owner)
    assert call(owner, now=NOON) == [OWN]
    suppress(OWN)
    assert call(owner, now=NOON + HOUR) == []
    assert made.leads.get().state == "SUPPRESSED"


def test_of_a_suppressed_other_number_the_person_is_rung_on_the_own_one() -> None:
    owner = account()
    made = of_several(owner)
    assert call(owner, now=NOON) == [OWN]
    suppress(SECOND)
    set_fleet(owner, available=1000, at=NOON + HOUR)
    explained = explain_lead(lead_id=made.leads.get().pk, now=NOON + HOUR)
    assert explained is not None
    assert "own is next" in explained.said
    assert call(owner, now=NOON + HOUR) == []
    assert made.leads.get().next_attempt_at == explained.put_off_until
    assert call(owner, now=NOON + HOUR + timedelta(seconds=2)) == [OWN]


def test_a_person_put_off_by_the_own_number_is_judged_again_when_that_is_lifted() -> None:
    owner = account()
    made = of_several(owner)
    assert call(owner, now=NOON) == [OWN]
    suppress(OWN, until=NOON + 3 * DAY)
    assert call(owner, now=NOON + HOUR) == []
    assert made.leads.get().next_attempt_at == NOON + 3 * DAY
    lift(numbers=[OWN], suppression_list=SuppressionList.objects.get(name="Never"), now=NOON + 2 * HOUR)
    assert call(owner, now=NOON + 2 * HOUR) == [SECOND]


def test_who_opts_out_on_one_number_is_rung_on_none() -> None:
    owner = account()
    made = of_several(owner, opt_out_words=["stop"])
    assert call(owner, now=NOON) == [OWN]
    set_fleet(owner, available=1000, at=NOON + HOUR)
    attempt = place(made, now=NOON + HOUR)
    assert attempt.number == SECOND
    ends(attempt, now=NOON + HOUR, disposition="STOP")
    barred = SuppressedNumber.objects.filter(suppression_list__name="Opted out")
    assert sorted(barred.values_list("number", flat=True)) == sorted([OWN, SECOND, THIRD])
    over_own = campaign(owner, leads=[OWN, THIRD])
    assert call(owner, now=NOON + DAY) == []
    assert set(over_own.leads.values_list("state", flat=True)) == {"SUPPRESSED"}


def test_a_person_on_the_line_by_another_number_is_not_rung() -> None:
    owner = account()
    made = of_several(owner)
    assert call(owner, now=NOON) == [OWN]
    set_fleet(owner, available=1000, at=NOON + HOUR)
    live = place(made, now=NOON + HOUR)
    assert live.number == SECOND
    other = of_several(owner)
    assert taken_numbers(claimed(owner, now=NOON + HOUR)) == []
    assert other.leads.get().state_reason == "On the line already"
    explained = explain_lead(lead_id=other.leads.get().pk, now=NOON + HOUR + timedelta(minutes=1))
    assert explained is not None
    assert "on the line" in explained.said


def test_who_asks_for_a_callback_is_called_back_on_the_number_of_that_call() -> None:
    owner = account()
    made = of_several(owner, callback_words=["callback"])
    assert call(owner, now=NOON) == [OWN]
    set_fleet(owner, available=1000, at=NOON + HOUR)
    ends(place(made, now=NOON + HOUR), now=NOON + HOUR, disposition="callback")
    lead = made.leads.get()
    assert (lead.state, lead.other_number) == ("PENDING", SECOND)
    assert lead.callback_at is not None
    assert call(owner, now=lead.callback_at) == [SECOND]


def test_words_that_somebody_must_decide_on_hold_all_numbers() -> None:
    owner = account()
    made = of_several(owner, hear_refusals=True)
    assert call(owner, now=NOON) == [OWN]
    attempt = Attempt.objects.get()
    heard = {"heard_in": "transcript", "said": "Not again", "why": "NEGATION", "heard_at": NOON}
    PossibleOptOut.objects.create(attempt=attempt, campaign=made, number=OWN, **heard)
    assert call(owner, now=NOON + HOUR) == []
    assert made.leads.get().state_reason.startswith("Held")


def of_variables(owner: ProviderAccount, **fields: Any) -> Campaign:
    """Return a campaign over one person whose second number stands in a variable, as it was typed."""
    in_turn = {"BUSY": {"delays": [3600], "other_number": ["phone_2"]}}
    made = campaign(owner, leads=[OWN], **{"retry_rules": in_turn, "max_attempts": 9, **fields})
    Contact.objects.filter(number=OWN).update(variables={"phone_2": "98765 00002"})
    return made


def test_a_number_that_stands_in_a_variable_is_the_persons_as_well() -> None:
    owner = account()
    campaign(owner, leads=[SECOND], retry_rules={})
    assert call(owner, now=NOON) == [SECOND]
    made = of_variables(owner, caps=[{"calls": 1, "hours": 24}])
    assert call(owner, now=NOON + HOUR) == []
    assert made.leads.get().next_attempt_at == NOON + DAY
    explained = explain_lead(lead_id=made.leads.get().pk, now=NOON + 2 * HOUR)
    assert explained is not None
    assert not explained.allowed


def test_who_is_on_the_line_by_a_number_of_a_variable_is_not_rung() -> None:
    owner = account()
    elsewhere = campaign(owner, leads=[SECOND])
    assert place(elsewhere).number == SECOND
    made = of_variables(owner)
    assert taken_numbers(claimed(owner)) == []
    assert made.leads.get().state_reason == "On the line already"
