"""The provider's own dialer beside calls that are placed from here: neither takes what the other has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns.hosting import turning
from campaigns.hosting.reading import fresh
from campaigns.lifecycle.operations import start_campaign
from campaigns.models import Attempt, Campaign, HostedDialer
from campaigns.settling.reports import settle
from campaigns.states.campaigns import UnableToOperate
from dialer.models import DID, ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sandbox.client import SandboxClient
from tests.campaigns.hosting import stage
from tests.campaigns.world import account, campaign, claimed, set_fleet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hasty")]
BUSY = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)


def dialer_of(hosted: Campaign) -> HostedDialer:
    return fresh(HostedDialer.objects.get(campaign=hosted).pk)


def turns(count: int = 3) -> None:
    for _ in range(count):
        HostedDialer.objects.update(next_turn_at=stage.now())
        stage.tick()


def test_more_lines_are_given_to_it_only_when_calls_from_here_have_left_them(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=10, max_live_calls=10, settings=stage.SLOW)
    hosted = stage.campaign(owner, contacts=60, max_live_calls=2)
    stage.until(lambda: HostedDialer.objects.filter(campaign=hosted, is_on=True).exists())
    campaign(owner, leads=20, dids=[owner.dids.get()])
    here = [call.attempt_id for call in claimed(owner, now=stage.now()).reserved]
    assert len(here) == 8

    Campaign.objects.filter(pk=hosted.pk).update(max_live_calls=6)
    turns()

    assert dialer_of(hosted).told["concurrent_calls"] == 2, "all others are in use"
    settle(reports=[(pk, BUSY) for pk in here[:3]], now=stage.now())
    turns()
    assert (dialer_of(hosted).told["concurrent_calls"], claimed(owner, now=stage.now()).reserved) == (2, [])
    settle(reports=[(here[3], BUSY)], now=stage.now())
    turns()
    assert dialer_of(hosted).told["concurrent_calls"] == 6


def test_lines_that_were_wanted_for_a_while_are_given_back(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=10, max_live_calls=10, settings=stage.SLOW)
    hosted = stage.campaign(owner, contacts=60, max_live_calls=2)
    stage.until(lambda: HostedDialer.objects.filter(campaign=hosted, is_on=True).exists())
    campaign(owner, leads=20, dids=[owner.dids.get()])
    assert len(claimed(owner, now=stage.now()).reserved) == 8
    for most, held in ((6, 6), (2, 2)):
        Campaign.objects.filter(pk=hosted.pk).update(max_live_calls=most)
        turns()
        assert (dialer_of(hosted).lines, dialer_of(hosted).told["concurrent_calls"]) == (held, 2)


def test_a_did_that_it_leaves_is_nobody_elses_before_its_calls_are_over(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW, max_call_seconds=60)
    hosted = stage.campaign(owner, contacts=40)
    former = owner.dids.get()
    following = DID.objects.create(account=owner, number="+911140005555", max_live_calls=2)
    lines = {"caller_ids": [former.number, following.number], "limits": {"dids": {former.number: 2}, "account": 20}}
    sandbox.change("ivrsolutions", owner.name, **lines)
    stage.until(lambda: len(stage.rows(sandbox, owner)) >= 2)
    campaign(owner, leads=4, dids=[former])

    hosted.dids.set([following])
    turns()

    assert (claimed(owner, now=stage.now()).reserved, dialer_of(hosted).is_on) == ([], False)
    before = len(stage.rows(sandbox, owner))
    turns()
    assert (claimed(owner, now=stage.now()).reserved, len(stage.rows(sandbox, owner))) == ([], before)
    stage.hurry(sandbox, owner)
    sandbox.wait_idle()
    ProviderAccount.objects.update(max_call_seconds=1)
    stage.until(lambda: dialer_of(hosted).told["did_no"] == following.number)
    assert len(claimed(owner, now=stage.now()).reserved) == 2
    stage.until(lambda: not stage.open_leads(hosted))
    assert (stage.rung_twice(sandbox, owner), len(stage.rows(sandbox, owner))) == ([], 40)


@pytest.mark.parametrize("limit", ["max_calls_per_hour", "max_calls_per_day", "rest_below_answer_percent"])
def test_a_did_whose_calls_are_counted_is_refused(sandbox: SandboxClient, limit: str) -> None:
    owner = stage.account(sandbox)
    hosted = stage.campaign(owner, contacts=5, start=False)
    owner.dids.update(**{limit: 20})
    with pytest.raises(UnableToOperate, match="cannot keep the caps and the rest"):
        start_campaign(campaign_id=hosted.pk, now=stage.now(), by="test")
    owner.dids.update(**{limit: None})
    start_campaign(campaign_id=hosted.pk, now=stage.now(), by="test")
    owner.dids.update(**{limit: 20})
    turns()
    assert (Campaign.objects.get(pk=hosted.pk).state, stage.rows(sandbox, owner)) == ("PAUSED", [])


def test_nothing_is_called_from_a_did_that_rests(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox)
    owner.dids.update(resting_until=stage.now() + timedelta(hours=1))
    hosted = stage.campaign(owner, contacts=5)
    turns()
    assert not Attempt.objects.filter(campaign=hosted).exists()
    owner.dids.update(resting_until=stage.now())
    stage.until(lambda: not stage.open_leads(hosted))
    assert len(stage.rows(sandbox, owner)) == 5


def test_a_number_that_waited_at_the_provider_counts_for_caps_from_when_it_was_called(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = stage.account(sandbox)
    hosted = stage.campaign(owner, contacts=1)
    with monkeypatch.context() as off:
        off.setattr(turning, "follow", lambda **_: "")
        stage.until(lambda: Attempt.objects.filter(campaign=hosted, state="PLACED").exists())
    ago: dict[str, Any] = dict.fromkeys(("reserved_at", "placing_at", "placed_at"), stage.now() - timedelta(hours=3))
    Attempt.objects.filter(campaign=hosted).update(**ago)
    stage.until(lambda: not stage.open_leads(hosted))

    other = account()
    set_fleet(other, available=10, at=stage.now())
    capped = campaign(other, leads=[Attempt.objects.get().number], minimum_gap_seconds=3600)
    assert claimed(other, now=stage.now()).reserved == []
    lead = capped.leads.get()
    assert (lead.state, "3600 s between two calls" in lead.state_reason) == ("PENDING", True)
    assert lead.next_attempt_at > stage.now() + timedelta(minutes=50)
