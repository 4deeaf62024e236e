"""Stop, expiry and completion in the midst of claiming and settling: nobody waits in a ring, and nothing is lost."""

from __future__ import annotations

from random import Random

import pytest
from django.db.models import Count, F, Q

from campaigns.models import Campaign, Contact, Lead
from tests.campaigns.states.calling import (
    LEADS,
    RULES,
    all_at_once,
    calling,
    dripping,
    operating,
    telling_late,
    turning,
    until_nobody_is_called,
)
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db(transaction=True)


def test_campaigns_end_in_the_midst_of_calls() -> None:
    owners = [account(), account()]
    made = [
        campaign(owners[n % 2], leads=LEADS, max_attempts=9, retry_rules=RULES, callback_words=["CALLBACK"])
        for n in range(3)
    ]
    stopped, expiring, completing = made
    all_at_once(
        [
            *(lambda n=n: calling(owners[n % 2], Random(n)) for n in range(4)),
            *(lambda n=n: telling_late(Random(n)) for n in range(2)),
            turning,
            lambda: operating(stopped, expiring, Random(9)),
            lambda: dripping(completing),
        ]
    )
    until_nobody_is_called(owners)
    states = {each.pk: set(each.leads.values_list("state", flat=True)) for each in made}
    assert states[stopped.pk] <= {"COMPLETED", "EXHAUSTED", "CANCELED"}
    assert states[expiring.pk] <= {"COMPLETED", "EXHAUSTED", "EXPIRED"}
    assert states[completing.pk] <= {"COMPLETED", "EXHAUSTED"}
    ended = dict(Campaign.objects.values_list("id", "state"))
    assert ended == {stopped.pk: "STOPPED", expiring.pk: "COMPLETED", completing.pk: "COMPLETED"}
    assert Lead.objects.count() == Contact.objects.count()
    counted = Lead.objects.annotate(burned=Count("attempts", filter=Q(attempts__is_burned=True)))
    assert counted.exclude(burned=F("attempts_made")).count() == 0
