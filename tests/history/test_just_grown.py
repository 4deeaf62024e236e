"""A campaign that has just grown costs no more than one that PostgreSQL knows: nobody goes through its leads.

The statistics are those of before it grew, as between two runs of autovacuum: they say that it has no leads at all.
What runs by the clock and what pages ask again and again is tried; a list of leads is asked for once, and sorts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from campaigns.admin.operating import due_in_words
from campaigns.claiming.reserving import claim
from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.limit_spans import note_limits
from campaigns.explaining.progress import campaign_progress
from campaigns.explaining.waiting import MOST_COUNTED
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Campaign
from tests.api.conftest import API, with_token
from tests.campaigns.world import account, campaign, contact_list, enrol_campaign, numbers, set_fleet
from tests.history.plans import watched
from tests.history.tables import GROWING

#: Of which a few are due; the others are, tomorrow.
LEADS, DUE = 30_000, 20
#: Due ones and later ones are counted up to so many each; reasons are read of as many.
MOST_READ = 2 * MOST_COUNTED + 1_000
_ANALYSED = ("campaigns_lead", "campaigns_contact", "campaigns_campaign", "campaigns_attempt")


@pytest.fixture
def just_grown(transactional_db: None) -> Iterator[Campaign]:
    """Return a running campaign with its leads, in tables that were analysed before it had any."""
    owner = account()
    with connection.cursor() as cursor:
        for _ in range(10):
            campaign(owner, leads=100, state="PAUSED")
        made = campaign(owner, leads=0, state_changed_at=datetime.now(UTC))
        for table in _ANALYSED:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
            cursor.execute(f"ANALYZE {table}")
        now = datetime.now(UTC)
        for people, due_at in ((LEADS, now + timedelta(days=1)), (DUE, now - timedelta(minutes=1))):
            made.contact_lists.add(contact_list(numbers(people)))
            enrol_campaign(campaign_id=made.pk, now=due_at)
    yield made
    with connection.cursor() as cursor:
        for table in _ANALYSED:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")


def test_no_statement_goes_through_the_leads_of_a_campaign_that_has_just_grown(just_grown: Campaign) -> None:
    now = datetime.now(UTC)
    set_fleet(just_grown.account, available=1000, at=now)
    assert just_grown.leads.count() == LEADS + DUE
    with watched(growing=GROWING) as plans:
        assert len(claim(account_id=just_grown.account_id, now=now, room=DUE // 2).reserved) == DUE // 2
        left = DUE // 2
        note_limits(now=now)
        turn_campaigns(now=now)
        explained = explain_campaign(campaign_id=just_grown.pk, now=now)
        assert explained is not None
        assert explained.due_now == left
        assert due_in_words([just_grown]).startswith(f"{left} leads")
        assert campaign_progress([just_grown.pk], now=now)[just_grown.pk].due_now == left
        _pages(just_grown.pk)
    too_much = {ran.text[:300]: ran.read for ran in plans.ran if ran.read > MOST_READ}
    assert too_much == {}


def _pages(campaign_id: int) -> None:
    """What is looked at, again and again, while it runs."""
    user = User.objects.create_superuser("olga")
    client, api = Client(), with_token(user)
    client.force_login(user)
    named = [f"campaigns_campaign_{part}" for part in ("live", "live_now", "live_lately", "live_chart", "why")]
    addresses = [reverse(f"admin:{name}", args=[campaign_id]) for name in named]
    addresses += [reverse(f"admin:campaigns_home_{part}") for part in ("now", "attention", "chart")]
    addresses += [reverse("admin:index"), f"{reverse('admin:campaigns_campaign_rows')}?ids={campaign_id}"]
    for address in addresses:
        assert client.get(address).status_code == 200, address
    for what in ("progress", "explanation", "statistics"):
        assert api.get(f"{API}/campaigns/{campaign_id}/{what}/").status_code == 200, what
    with override_settings(DIALER_METRICS_TOKEN="of-the-growing"):
        assert Client(headers={"Authorization": "Bearer of-the-growing"}).get("/metrics").status_code == 200
