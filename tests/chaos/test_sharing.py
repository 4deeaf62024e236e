"""Promises 2 and 4: campaigns that share contacts, DIDs and a provider."""

from __future__ import annotations

from collections import Counter

import pytest

from campaigns.models import Attempt
from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import add_campaign, new_list, requests, set_stage, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]


@pytest.mark.short
def test_campaigns_share_contacts_and_lines_by_weight_and_nobody_has_two_calls(arena: Arena) -> None:
    shared = new_list(arena, 160)
    stage, other_stage = set_stage(arena, lines=[3, 3]), set_stage(arena, lines=[4])
    heavy = add_campaign(arena, stage, contact_list=shared, weight=3)
    light = add_campaign(arena, stage, contact_list=shared, weight=1)
    elsewhere = add_campaign(arena, other_stage, contact_list=shared)
    start(light, heavy, elsewhere)
    wait_for_end(arena, heavy, light, elsewhere)

    judge(arena, heavy, light, elsewhere)
    campaigns = dict(Attempt.objects.filter(account=stage.account).values_list("reference", "campaign_id"))
    owners = {str(reference): campaign_id for reference, campaign_id in campaigns.items()}
    first = Counter(owners[row["reference"]] for row in requests(arena, heavy)[:120])
    print(f"of the first 120 calls {first[heavy.campaign.pk]} were of weight 3, {first[light.campaign.pk]} of weight 1")
    assert 2.0 < first[heavy.campaign.pk] / max(1, first[light.campaign.pk]) < 4.5
