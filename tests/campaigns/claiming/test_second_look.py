"""Two accounts that claim in the same instant ring no person twice and pass no cap, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from campaigns.models import Attempt, Campaign, Contact
from dialer.models import ProviderAccount
from tests.campaigns.claiming.test_rules import HOUR, call
from tests.campaigns.states.racing import Race, beside_a_transaction
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db(transaction=True)

OWN, SECOND = "+919876543210", "+919876500002"
#: Sorts before both, so that a claim which has chosen one of them waits for this one when it inserts.
STUCK = "+919100000001"
ONCE_A_DAY = {"caps": [{"calls": 1, "hours": 24}]}


def of_person(owner: ProviderAccount, number: str, *, besides: list[str], also: list[str] | None = None) -> Campaign:
    """Return a campaign over one contact with further numbers, and over others with one each."""
    made = campaign(owner, leads=[number, *(also or [])], caps=ONCE_A_DAY["caps"] if not besides else [])
    Contact.objects.filter(number=number, contact_list__campaigns=made).update(further_numbers=besides)
    return made


@contextmanager
def in_the_middle_of_a_claim(owner: ProviderAccount) -> Iterator[Race]:
    """Run the block while the account has chosen whom to call, and waits for a number that a third one has in hand."""
    third = account()
    campaign(third, leads=[STUCK])
    with beside_a_transaction() as race:
        assert [one.lead.number for one in claimed(third).reserved] == [STUCK]
        race.start(lambda: claimed(owner))
        yield race


def live_numbers(*numbers: str) -> list[str]:
    return list(Attempt.objects.filter(number__in=numbers, ended_at=None).values_list("number", flat=True))


def test_two_numbers_of_one_person_are_not_rung_in_the_same_instant() -> None:
    one, other = account(), account()
    of_person(one, OWN, besides=[SECOND], also=[STUCK])
    waiting = of_person(other, SECOND, besides=[OWN])
    with in_the_middle_of_a_claim(one) as race:
        race.run(lambda: claimed(other))
    assert live_numbers(OWN, SECOND) == [OWN]
    assert claimed(other).reserved == []
    assert waiting.leads.get().state_reason == "On the line already"


def test_one_who_was_called_and_hung_up_in_between_is_not_called_past_a_cap() -> None:
    one, other = account(), account()
    of_person(one, OWN, besides=[], also=[STUCK])
    of_person(other, OWN, besides=[])
    with in_the_middle_of_a_claim(one) as race:
        race.run(lambda: call(other, now=NOON))
    assert Attempt.objects.filter(number=OWN).count() == 1
    assert call(other, now=NOON + HOUR) == []


def test_what_an_account_has_in_hand_the_other_looks_at_again_in_a_moment() -> None:
    one, other = account(), account()
    of_person(one, OWN, besides=[SECOND], also=[STUCK])
    waiting = of_person(other, SECOND, besides=[OWN])
    with in_the_middle_of_a_claim(one) as race:
        claim: Any = race.run(lambda: claimed(other))
    assert (claim.reserved, claim.wait_seconds) == ([], 0.05)
    assert waiting.leads.get().next_attempt_at <= NOON


def test_two_contacts_that_know_of_each_other_are_not_rung_in_one_turn() -> None:
    owner = account()
    of_person(owner, OWN, besides=[SECOND])
    of_person(owner, SECOND, besides=[OWN])
    assert [one.lead.number for one in claimed(owner).reserved] in ([OWN], [SECOND])
    assert claimed(owner).reserved == []
