"""A copy leaves the provider's dialer to whoever runs it: it hands no numbers over, and switches nothing on or off."""

from __future__ import annotations

import pytest

from campaigns.hosting import provider
from campaigns.lifecycle.home import shown
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import HostedBatch, HostedDialer, HostedSwitch
from dialer.models import Installation
from dialer.sandbox.client import SandboxClient
from tests.campaigns.hosting import stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hasty")]


def test_in_doubt_the_dialer_is_neither_fed_nor_switched_and_people_are_told(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=45)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)
    dialer = HostedDialer.objects.get(campaign=campaign)
    Installation.objects.filter(pk=1).update(doubt_since=stage.now())
    before = (HostedBatch.objects.count(), HostedSwitch.objects.count())
    for _ in range(5):
        stage.tick()
    stopped = set_dialing_allowed(allowed=False, reason="", by="test", now=stage.now())

    assert "may be a copy" in " ".join(stopped.unconfirmed)
    assert (HostedBatch.objects.count(), HostedSwitch.objects.count()) == before
    there = provider.listed(account=owner, name=dialer.name, external_id=dialer.external_id)
    assert there is not None
    assert there.is_on
    assert shown().dialers_on == (campaign.name,)

    # At home again, stop is stop.
    Installation.objects.filter(pk=1).update(doubt_since=None)
    assert set_dialing_allowed(allowed=False, reason="", by="test", now=stage.now()).unconfirmed == ()
