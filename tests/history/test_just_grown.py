"""A campaign that has just grown costs no more than one that PostgreSQL knows: nobody goes through its leads.

The statistics are those of before it grew, as between two runs of autovacuum: they say that it has no leads at all.
What runs by the clock is tried, what pages ask again and again, and the lists that people and systems page through.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client, override_settings
from django.urls import reverse

from campaigns.admin.operating import due_in_words
from campaigns.claiming.reserving import claim
from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.limit_spans import note_limits
from campaigns.explaining.progress import campaign_progress
from campaigns.explaining.waiting import MOST_COUNTED
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Campaign, ContactImport, ImportRefusal, SuppressedNumber, SuppressionList
from dialer.near import NEAR
from tests.api.conftest import API, with_token
from tests.campaigns.world import account, campaign, contact_list, enrol_campaign, numbers, set_fleet
from tests.history.plans import watched
from tests.history.tables import GROWING

#: Of which a few are due; the others are, tomorrow.
LEADS, DUE = 30_000, 20
#: Due ones and later ones are counted up to so many each; reasons are read of as many.
MOST_READ = 2 * MOST_COUNTED + 1_000
#: A page is looked for among so many.
MOST_NEAR = NEAR + 1_000
_ANALYSED = ("campaigns_lead", "campaigns_contact", "campaigns_campaign", "campaigns_attempt")
#: Of a list of rows that have just come, and of the pages that are read of it in turn.
ROWS, PAGES = 25_000, 3


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
    ids = list(just_grown.leads.order_by("pk").values_list("pk", flat=True))
    assert len(ids) == LEADS + DUE
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
        _lists(just_grown.pk, ids)
    too_much = {ran.text[:300]: ran.read for ran in plans.ran if ran.read > MOST_READ}
    assert too_much == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [SuppressedNumber, ImportRefusal])
def test_pages_of_rows_that_have_just_come_are_not_sorted_out_of_all_of_them(kind: type[Model]) -> None:
    rows, addresses = _refusals() if kind is ImportRefusal else _suppressed()
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {kind._meta.db_table}")
    kind._default_manager.bulk_create(rows)
    user = User.objects.create_superuser("olga")
    with watched(growing=GROWING) as plans:
        for address in addresses:
            _read(user, address)
    assert {ran.text[:300]: ran.read for ran in plans.ran if ran.read > MOST_NEAR} == {}


def _suppressed() -> tuple[list[Model], list[str]]:
    never = SuppressionList.objects.create(name="Never")
    rows = [SuppressedNumber(suppression_list=never, number=f"+9197{place:08}") for place in range(ROWS)]
    page = f"{reverse('admin:campaigns_suppressednumber_changelist')}?suppression_list__id__exact={never.pk}"
    return list(rows), [page, f"{API}/suppression-lists/{never.pk}/numbers/?page_size=1000"]


def _refusals() -> tuple[list[Model], list[str]]:
    of = ContactImport.objects.create(contact_list=contact_list([]), file_name="a.csv")
    rows = [ImportRefusal(contact_import=of, row_number=place, code="x", message="No.") for place in range(ROWS)]
    first = ImportRefusal.objects.create(contact_import=of, row_number=ROWS, code="x", message="No.")
    return list(rows), [f"{API}/imports/{of.pk}/refusals/?page_size=1000&cursor={_cursor(after=first.pk)}"]


def _cursor(*, after: int) -> str:
    """Return the cursor of a page that goes on upwards after a row."""
    return base64.b64encode(f"p={after}".encode()).decode()


def _lists(campaign_id: int, ids: list[int]) -> None:
    """The leads, as people and systems page through them."""
    user = User.objects.get(username="olga")
    page = f"{reverse('admin:campaigns_lead_changelist')}?campaign__id__exact={campaign_id}"
    client = Client()
    client.force_login(user)
    for query in ("", "&p=3", "&state__exact=PENDING", "&waits=later"):
        assert len(client.get(page + query).context["cl"].result_list) == 50
    pages = f"{API}/leads/?campaign={campaign_id}&page_size=1000"
    assert _read(user, pages) == ids[: -PAGES * 1000 - 1 : -1]
    assert _read(user, f"{pages}&ordering=id&cursor={_cursor(after=ids[0])}") == ids[1 : PAGES * 1000 + 1]


def _read(user: User, address: str) -> list[int]:
    """Read pages in turn; return the ids of their rows."""
    client, api, found = Client(), with_token(user), list[int]()
    client.force_login(user)
    if not address.startswith(API):
        assert client.get(address).status_code == 200
        return found
    for _ in range(PAGES):
        reply = api.get(address)
        assert reply.status_code == 200, reply.content
        told = reply.json()
        found += [row["id"] for row in told["results"] if "id" in row]
        address = told["next"]
    return found


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
