"""What our own id of a call is like: providers send it back, and an index of all calls holds it."""

from __future__ import annotations

import pytest

from campaigns.models import Attempt
from tests.campaigns.world import account, campaign, claimed, did

pytestmark = pytest.mark.django_db


def test_references_begin_with_the_time_so_that_a_long_past_costs_no_page_for_each_call() -> None:
    owner = account(max_live_calls=9)
    campaign(owner, leads=9, dids=[did(owner, 4)])
    campaign(owner, leads=9, dids=[did(owner, 5)])
    claimed(owner, room=5)
    claimed(owner)
    by_age = [
        str(reference)
        for reference in Attempt.objects.order_by("reserved_at", "id").values_list("reference", flat=True)
    ]
    firsts, seconds = by_age[:5], by_age[5:]
    assert len(seconds) == 4
    assert max(firsts) < min(seconds)
