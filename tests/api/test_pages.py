"""Lists: filtered, complete while rows are added, and with few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from campaigns.models import ContactList
from tests.api import made
from tests.api.conftest import API
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db


def pages(api: APIClient, url: str | None, between: Any = lambda: None) -> list[list[int]]:
    """Return the ids of every page; ``between`` is called after each."""
    found = []
    while url:
        body = api.get(url).json()
        found.append([row["id"] for row in body["results"]])
        url = body["next"]
        between()
    return found


def test_pages_are_complete_and_without_repeats_while_rows_are_added(api: APIClient) -> None:
    campaign = made.campaign()
    before = [made.lead(campaign, number=f"+9198123{n:05d}").pk for n in range(25)]
    added = iter(range(25, 1000))

    def add_three() -> None:
        for _ in range(3):
            made.lead(campaign, number=f"+9198123{next(added):05d}")

    newest_first = pages(api, f"{API}/leads/?page_size=4", add_three)
    assert [pk for page in newest_first for pk in page] == sorted(before, reverse=True)
    assert {len(page) for page in newest_first[:-1]} == {4}


def test_a_pull_from_the_oldest_meets_what_was_added_on_the_way(api: APIClient) -> None:
    campaign = made.campaign()
    expected = [made.lead(campaign, number=f"+9198123{n:05d}").pk for n in range(10)]

    def add_one_once() -> None:
        if len(expected) == 10:
            expected.append(made.lead(campaign, number="+919812399999").pk)

    assert [pk for page in pages(api, f"{API}/leads/?ordering=id&page_size=4", add_one_once) for pk in page] == expected


def test_a_page_can_be_gone_back_from(api: APIClient) -> None:
    campaign = made.campaign()
    for n in range(5):
        made.lead(campaign, number=f"+9198123{n:05d}")
    first = api.get(f"{API}/leads/?page_size=2").json()
    second = api.get(first["next"]).json()
    assert api.get(second["previous"]).json()["results"] == first["results"]
    assert first["previous"] is None


@pytest.fixture
def calls() -> dict[str, Any]:
    one, other = made.campaign(), made.campaign()
    lead = made.lead(one, number="+919812345678", state="COMPLETED", last_outcome="ANSWERED", ended_at=made.NOON)
    waiting = made.lead(other, number="+919812345679")
    did = one.dids.get()
    return {
        "one": one,
        "did": did,
        "lead": lead,
        "answered": made.attempt(lead, outcome="ANSWERED", did=did, ended_at=made.NOON + timedelta(hours=1)),
        "busy": made.attempt(lead, outcome="BUSY", external_id="their-7"),
        "ringing": made.attempt(waiting, state="RINGING"),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("campaign={one.pk}", {"answered", "busy"}),
        ("contact_list={lead.contact.contact_list_id}", {"answered", "busy"}),
        ("account={one.account_id}", {"answered", "busy"}),
        ("did={did.pk}", {"answered"}),
        ("lead={lead.pk}", {"answered", "busy"}),
        ("number=%2B919812345678", {"answered", "busy"}),
        ("number=+919812345679", {"ringing"}),
        ("number=919812345679", {"ringing"}),
        ("outcome=BUSY", {"busy"}),
        ("outcome=BUSY&outcome=ANSWERED", {"busy", "answered"}),
        ("state=RINGING", {"ringing"}),
        ("is_live=true", {"ringing"}),
        ("is_live=false", {"busy", "answered"}),
        ("external_id=their-7", {"busy"}),
        ("reference={busy.reference}", {"busy"}),
        ("ended_after=2026-03-02T12:30:00Z", {"answered"}),
        ("ended_after=2026-03-02T12:00:00Z", {"answered", "busy"}),
        ("ended_before=2026-03-02T12:00:00Z", set()),
        ("ended_after=2026-03-02T17:30:00%2B05:30&ended_before=2026-03-02T13:00:00Z", {"busy"}),
        ("campaign=999999999999999999999", set()),
    ],
)
def test_attempts_are_found_by(api: APIClient, calls: dict[str, Any], query: str, expected: set[str]) -> None:
    results = api.get(f"{API}/attempts/?" + query.format(**calls)).json()["results"]
    names = {calls[name].pk: name for name in ("answered", "busy", "ringing")}
    assert {names[row["id"]] for row in results} == expected


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("campaign={one.pk}", 1),
        ("state=COMPLETED", 1),
        ("state=COMPLETED&state=PENDING", 2),
        ("outcome=ANSWERED", 1),
        ("number=919812345679", 1),
        ("external_reference=ref-5678", 1),
        ("ended_after=2026-03-02T12:00:00Z", 1),
        ("ended_before=2026-03-02T12:00:00Z", 0),
    ],
)
def test_leads_are_found_by(api: APIClient, calls: dict[str, Any], query: str, found: int) -> None:
    assert len(api.get(f"{API}/leads/?" + query.format(**calls)).json()["results"]) == found


def test_an_attempt_names_the_customers_own_reference_and_the_number_it_came_from(
    api: APIClient, calls: dict[str, Any]
) -> None:
    row = api.get(f"{API}/attempts/{calls['answered'].pk}/").json()
    assert row["external_reference"] == "ref-5678"
    assert row["from_number"] == calls["did"].number
    assert row["ended_at"] == "2026-03-02T13:00:00Z"


def fill(campaigns: int) -> None:
    for n in range(campaigns):
        campaign = made.campaign()
        lead = made.lead(campaign, number=f"+9198123{n:05d}")
        attempt = made.attempt(lead, did=campaign.dids.get())
        ProviderEvent.objects.create(account=campaign.account, body=b"{}", attempt=attempt)


@pytest.mark.parametrize(
    "path", ["accounts", "dids", "agents", "lists", "contacts", "templates", "campaigns", "leads", "attempts", "events"]
)
def test_a_list_needs_as_many_queries_for_ten_rows_as_for_one(
    api: APIClient, path: str, django_assert_max_num_queries: Any
) -> None:
    fill(1)
    with CaptureQueriesContext(connection) as for_one:
        api.get(f"{API}/{path}/")
    fill(9)
    with django_assert_max_num_queries(len(for_one)) as for_ten:
        reply = api.get(f"{API}/{path}/")
    assert len(reply.json()["results"]) == (0 if path == "agents" else 10)
    assert len(for_ten) <= 8
    if path in ("leads", "attempts"):
        assert "COUNT(" not in str(for_ten.captured_queries)


def test_an_event_is_shown_as_text_and_without_its_headers(api: APIClient) -> None:
    ProviderEvent.objects.create(
        account=made.account(), body=b'{"a": "\xff"}', headers={"authorization": "Bearer the-secret-token"}
    )
    reply = api.get(f"{API}/events/")
    assert reply.json()["results"][0]["body"] == '{"a": "�"}'
    assert "the-secret-token" not in reply.content.decode()


def test_a_list_shows_how_many_contacts_it_has(api: APIClient) -> None:
    campaign = made.campaign()
    made.lead(campaign, number="+919812345678")
    ContactList.objects.create(name="Empty")
    counts = {row["name"]: row["contacts"] for row in api.get(f"{API}/lists/").json()["results"]}
    assert counts == {"Empty": 0, "List 1": 1}
