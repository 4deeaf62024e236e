"""Campaigns on the provider's own dialer, judged by the carrier's ledger: nobody twice, nobody outside, every end."""

from __future__ import annotations

from collections import Counter
from datetime import time

import pytest

from campaigns.hosting.reading import fresh
from campaigns.hosting.turning import turn
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.operations import (
    pause_campaign,
    resume_campaign,
    set_dialing_allowed,
    start_campaign,
    stop_campaign,
)
from campaigns.models import (
    Attempt,
    CallTemplate,
    Campaign,
    CampaignNotice,
    HostedBatch,
    HostedDialer,
    HostedSwitch,
    Lead,
    SuppressedNumber,
    SuppressionList,
)
from dialer.models import DID, DIDGroup
from dialer.sandbox.client import SandboxClient
from tests.campaigns.hosting import stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hasty")]


def test_every_number_is_called_once_and_ends_as_the_ledger_says(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=330)

    stage.until(lambda: not stage.open_leads(campaign))

    assert stage.rung_twice(sandbox, owner) == []
    assert sandbox.wait_idle()["violations"] == []
    by_ledger = Counter(row["outcome"] for row in stage.rows(sandbox, owner))
    ours = Counter(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True))
    assert ours == by_ledger
    assert ours.total() == 330
    turn_campaigns(now=stage.now())
    campaign.refresh_from_db()
    assert campaign.state == "COMPLETED"


def test_requests_without_an_answer_are_never_repeated(sandbox: SandboxClient) -> None:
    faults = ["timeout_not_rang", "", "timeout_rang", "drop_after_reading_not_rang"]
    owner = stage.account(sandbox, settings={"first_faults": faults, "timeout_seconds": 1.5})
    campaign = stage.campaign(owner, contacts=400)

    stage.until(lambda: not stage.open_leads(campaign))

    batches = HostedBatch.objects.filter(dialer__campaign=campaign).order_by("id")
    assert list(batches.values_list("state", flat=True)) == ["UNCERTAIN", "ADDED", "ADDED", "UNCERTAIN"]
    assert stage.rung_twice(sandbox, owner) == []
    called = {row["to_number"][-10:] for row in stage.rows(sandbox, owner)}
    assert len(called) == 200
    for attempt in Attempt.objects.filter(campaign=campaign):
        was_called = attempt.number[-10:] in called
        assert (attempt.outcome in ("UNCERTAIN", "LOST")) == (not was_called), attempt.detail
    assert Lead.objects.filter(campaign=campaign, state="EXHAUSTED", last_outcome="UNCERTAIN").count() == 200


def test_suppressed_numbers_are_not_handed_over(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=12)
    everyone = SuppressionList.objects.create(name="Do not call", applies_to_all=True)
    barred = Lead.objects.filter(campaign=campaign).first()
    assert barred is not None
    SuppressedNumber.objects.create(suppression_list=everyone, number=barred.number)

    stage.until(lambda: not stage.open_leads(campaign))

    barred.refresh_from_db()
    assert barred.state == "SUPPRESSED"
    assert barred.number[-10:] not in {row["to_number"][-10:] for row in stage.rows(sandbox, owner)}


@pytest.mark.parametrize("change", ["DIDs off", "two DIDs", "template waits"])
def test_nothing_is_handed_over_that_its_start_would_refuse(sandbox: SandboxClient, change: str) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=5)
    if change == "template waits":
        CallTemplate.objects.filter(pk=campaign.template_id).update(approval="WAITING")
    elif change == "DIDs off":
        owner.dids.update(is_active=False)
    else:
        campaign.dids.add(DID.objects.create(account=owner, number="+911140009999"))

    for _ in range(3):
        stage.tick()

    campaign.refresh_from_db()
    assert (campaign.state, "Then resume it." in campaign.state_reason) == ("PAUSED", True)
    assert CampaignNotice.objects.filter(campaign=campaign).count() == 1
    assert stage.rows(sandbox, owner) == []
    assert Attempt.objects.filter(campaign=campaign).count() == 0


def test_after_pause_nothing_starts_until_it_is_resumed(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=4, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=150)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 5)

    in_flight = pause_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")

    assert in_flight.unconfirmed == ()
    after = len(stage.rows(sandbox, owner))
    sandbox.wait_idle()
    for _ in range(5):
        stage.tick()
    assert len(stage.rows(sandbox, owner)) == after < 150
    stage.hurry(sandbox, owner)
    sandbox.change("ivrsolutions", owner.name, limits={})
    owner.dids.update(max_live_calls=40)
    resume_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")
    stage.until(lambda: not stage.open_leads(campaign))
    assert stage.rung_twice(sandbox, owner) == []


def test_a_stop_that_the_provider_does_not_confirm_is_said_and_tried_again(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=45)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)
    sandbox.change("ivrsolutions", owner.name, api_key="another-key")

    stopped = stop_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")

    assert len(stopped.unconfirmed) == 1
    assert campaign.name in stopped.unconfirmed[0]
    dialer = HostedDialer.objects.get(campaign=campaign)
    assert dialer.is_on is not False
    sandbox.change("ivrsolutions", owner.name, api_key="sandbox-key")
    stage.until(lambda: HostedDialer.objects.get(pk=dialer.pk).is_on is False)
    after = len(stage.rows(sandbox, owner))
    stage.until(lambda: not stage.open_leads(campaign))
    assert len(stage.rows(sandbox, owner)) == after
    # Who was called in the meantime has the provider's word; who was not, was canceled, and is free for others.
    outcomes = Counter(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True))
    assert outcomes["CANCELED"] == 45 - after > 0


def test_the_kill_switch_halts_every_dialer(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=45)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)

    stopped = set_dialing_allowed(allowed=False, reason="test", by="test", now=stage.now())

    assert stopped.unconfirmed == ()
    sandbox.wait_idle()
    after = len(stage.rows(sandbox, owner))
    for _ in range(5):
        stage.tick()
    assert len(stage.rows(sandbox, owner)) == after < 45
    stage.hurry(sandbox, owner)
    set_dialing_allowed(allowed=True, reason="", by="test", now=stage.now())
    stage.until(lambda: not stage.open_leads(campaign))
    assert stage.rung_twice(sandbox, owner) == []


def test_a_window_that_closes_switches_off_once_and_its_opening_on_once(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=45)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)
    far = (stage.now().hour + 12) % 24
    Campaign.objects.filter(pk=campaign.pk).update(window_opens=time(far), window_closes=time(far, 30))
    dialer = HostedDialer.objects.get(campaign=campaign)

    stage.until(lambda: HostedDialer.objects.get(pk=dialer.pk).is_on is False)
    sandbox.wait_idle()
    after = len(stage.rows(sandbox, owner))
    for _ in range(5):
        HostedDialer.objects.update(next_turn_at=stage.now())
        turn(dialer_id=dialer.pk)

    assert len(stage.rows(sandbox, owner)) == after < 45
    assert HostedSwitch.objects.filter(dialer=dialer, is_on=False).count() == 1
    stage.hurry(sandbox, owner)
    Campaign.objects.filter(pk=campaign.pk).update(**stage.WHOLE_DAY)
    stage.until(lambda: not stage.open_leads(campaign))
    assert HostedSwitch.objects.filter(dialer=dialer, is_on=True).count() == 2
    assert stage.rung_twice(sandbox, owner) == []


def test_the_dialer_at_the_provider_has_the_campaigns_hours_lines_and_template(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=7)
    campaign = stage.campaign(owner, contacts=3, max_live_calls=5)
    stage.until(lambda: not stage.open_leads(campaign))
    dialer = fresh(HostedDialer.objects.get(campaign=campaign).pk)

    found = sandbox.summary()["accounts"][f"ivrsolutions/{owner.name}"]["dialers"][str(dialer.external_id)]

    assert (found["start_time"], found["end_time"], found["no_of_calls"]) == ("00:00", "23:59", 5)
    Campaign.objects.filter(pk=campaign.pk).update(max_live_calls=3, state="RUNNING")
    stage.until(lambda: fresh(dialer.pk).told["concurrent_calls"] == 3)
    found = sandbox.summary()["accounts"][f"ivrsolutions/{owner.name}"]["dialers"][str(dialer.external_id)]
    assert found["no_of_calls"] == 3


def test_a_did_may_come_by_a_group(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox)
    made = stage.campaign(owner, contacts=2, start=False)
    group = DIDGroup.objects.create(name="West", account=owner)
    group.dids.set(made.dids.all())
    made.did_groups.add(group)
    made.dids.clear()
    start_campaign(campaign_id=made.pk, now=stage.now(), by="test")
    stage.until(lambda: len(stage.rows(sandbox, owner)) >= 2)
    assert stage.rung_twice(sandbox, owner) == []
