"""Campaigns that wait for the same lines share the calls that begin by weight, and none starves."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from campaigns.models import Attempt
from campaigns.settling.reports import settle
from dialer.models import ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, did

pytestmark = pytest.mark.django_db


def end_oldest(owner: ProviderAccount) -> None:
    """End the call that began first: one line comes free."""
    oldest = Attempt.objects.filter(account=owner, ended_at=None).earliest("id")
    settle(reports=[(oldest.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)


def begun(owner: ProviderAccount, calls: int) -> list[int]:
    """Return the campaigns of the next calls, in their order, as lines come free one at a time."""
    order: list[int] = []
    while len(order) < calls:
        order += [call.campaign.id for call in claimed(owner).reserved]
        end_oldest(owner)
    return order[:calls]


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_campaigns_on_one_did_share_its_calls_three_to_one(lines: int) -> None:
    owner = account()
    line = did(owner, lines)
    light, heavy = (campaign(owner, leads=60, dids=[line], weight=weight) for weight in (1, 3))
    order = begun(owner, 60)
    assert Counter(order) == {heavy.pk: 45, light.pk: 15}
    # Never long without a turn, either.
    waits = "".join("l" if one == light.pk else "h" for one in order).split("l")
    assert max(map(len, waits)) <= 6


def test_campaigns_on_dids_of_their_own_share_the_limit_of_the_account() -> None:
    owner = account(max_live_calls=2)
    light, heavy = (campaign(owner, leads=60, weight=weight) for weight in (1, 3))
    assert Counter(begun(owner, 40)) == {heavy.pk: 30, light.pk: 10}


def test_of_more_campaigns_than_lines_none_starves() -> None:
    owner = account()
    line = did(owner, 2)
    made = [campaign(owner, leads=10, dids=[line], weight=weight) for weight in (1, 1, 1, 1, 1, 10)]
    order = begun(owner, 30)
    assert all(Counter(order)[one.pk] >= 1 for one in made)
    # The heavy one ran out of leads after ten calls; the others share what is left alike.
    assert {Counter(order)[one.pk] for one in made[:5]} == {4}


def test_who_was_away_is_not_owed_the_calls_of_the_meantime() -> None:
    owner = account()
    line = did(owner, 1)
    first, second = (campaign(owner, leads=60, dids=[line]) for _ in range(2))
    second.leads.update(next_attempt_at=NOON + timedelta(hours=1))
    assert set(begun(owner, 20)) == {first.pk}
    second.leads.update(next_attempt_at=NOON)
    assert Counter(begun(owner, 20)) == {first.pk: 10, second.pk: 10}
