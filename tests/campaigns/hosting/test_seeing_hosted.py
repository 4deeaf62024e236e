"""What people and systems see of the provider's own dialers, and what is refused when a campaign is saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.explaining.progress import campaign_progress
from campaigns.models import CallTemplate, Campaign, ContactList, HostedBatch, HostedDialer, HostedSwitch
from tests.admin import builders
from tests.api.conftest import with_token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def api() -> APIClient:
    return with_token(User.objects.create_superuser("root"))


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    return client


def hosted(number: int = 0) -> HostedDialer:
    """Return a dialer not known to be off, with batches taken, one without an answer, and a problem."""
    made = builders.campaign(builders.account(name=f"Account {number}"), name=f"Hosted {number}", number=number)
    Campaign.objects.filter(pk=made.pk).update(runs_on="PROVIDER", state="RUNNING")
    dialer = HostedDialer.objects.create(
        campaign=made, account=made.account, name=f"Hosted {number} #1", external_id=7, is_on=None, log_problem="503"
    )
    later = NOON.replace(hour=13)
    HostedSwitch.objects.create(
        dialer=dialer, is_on=True, reason="Open", edge_at=NOON, asked_at=NOON, confirmed_at=NOON
    )
    HostedSwitch.objects.create(dialer=dialer, is_on=False, reason="Closed", edge_at=later, asked_at=later)
    for state, size in (("ADDED", 100), ("ADDED", 40), ("UNCERTAIN", 9)):
        HostedBatch.objects.create(dialer=dialer, state=state, size=size, reserved_at=NOON)
    return dialer


def test_rest_shows_a_dialer_with_what_it_was_given_its_last_switch_and_its_problems(api: APIClient) -> None:
    dialer = hosted()
    hosted(1)

    (shown,) = api.get(f"/api/v1/hosted-dialers/?campaign={dialer.campaign_id}").json()["results"]

    assert (shown["condition"], shown["numbers_added"], shown["numbers_uncertain"]) == ("Not known", 140, 9)
    assert shown["problems"] == ["Reading its log: 503"]
    assert (shown["last_switch"]["reason"], shown["last_switch"]["confirmed_at"]) == ("Closed", None)
    switches = api.get(f"/api/v1/hosted-switches/?dialer={dialer.pk}").json()["results"]
    assert [switch["is_on"] for switch in switches] == [False, True]
    batches = api.get(f"/api/v1/hosted-batches/?dialer={dialer.pk}&state=UNCERTAIN").json()["results"]
    assert [batch["size"] for batch in batches] == [9]
    assert api.post("/api/v1/hosted-dialers/", {}).status_code == 405


def test_the_admin_page_of_a_dialer_says_how_it_is_and_why(owner: Client) -> None:
    dialer = hosted()
    page = owner.get(reverse("admin:campaigns_hosteddialer_change", args=[dialer.pk])).content.decode()
    said = ("Not known", "Off: Closed (not confirmed yet)", "Reading its log: 503", "140")
    for words in (*said, "May have arrived (uncertain)"):
        assert words in page, words
    assert owner.post(reverse("admin:campaigns_hosteddialer_delete", args=[dialer.pk])).status_code == 403


def test_the_list_of_dialers_takes_no_more_queries_when_it_is_long(owner: Client) -> None:
    hosted()
    address = reverse("admin:campaigns_hosteddialer_changelist")
    owner.get(address)
    with CaptureQueriesContext(connection) as few:
        owner.get(address)
    for number in range(1, 6):
        hosted(number)
    with CaptureQueriesContext(connection) as many:
        assert b"Hosted 5" in owner.get(address).content
    assert len(many) <= len(few)


def test_a_campaigns_progress_says_what_is_in_the_way_of_its_dialer() -> None:
    dialer = hosted()
    progress = campaign_progress([dialer.campaign_id])[dialer.campaign_id]
    assert progress.waiting_for == "The provider's dialer: Reading its log: 503"


def test_rest_refuses_a_hosted_campaign_at_a_provider_without_a_dialer_and_says_why(api: APIClient) -> None:
    made = builders.campaign(builders.account())
    reply = api.patch(f"/api/v1/campaigns/{made.pk}/", {"runs_on": "PROVIDER"}, format="json")
    assert (reply.status_code, "no dialer of its own" in reply.content.decode()) == (400, True)
    made.refresh_from_db()
    assert made.runs_on == "HERE"


def test_the_admin_refuses_a_hosted_campaign_at_a_provider_without_a_dialer_and_says_why(owner: Client) -> None:
    made = builders.campaign(builders.account())
    address = reverse("admin:campaigns_campaign_change", args=[made.pk])
    given: dict[str, Any] = {}
    for field in owner.get(address).context["adminform"].form:
        value = field.value()
        given[field.html_name] = "" if value is None or value is False else value

    reply = owner.post(address, {**given, "runs_on": "PROVIDER"})

    assert "no dialer of its own" in reply.content.decode()
    made.refresh_from_db()
    assert made.runs_on == "HERE"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": "PLAY_FLOW"}, "own dialer can run"),
        ({"time_zone": "Asia/Kolkata"}, "hours are those of the account"),
    ],
)
def test_what_the_providers_dialer_cannot_do_is_refused_when_it_is_saved(
    api: APIClient, changes: dict[str, str], words: str
) -> None:
    account = builders.account(name="IVR")
    type(account).objects.filter(pk=account.pk).update(provider="ivrsolutions", time_zone="UTC")
    action = changes.get("action", "SPEAK_TEXT")
    options = {"template_name": "reminder"}
    template = CallTemplate.objects.create(name="Text", provider="ivrsolutions", action=action, options=options)
    asked = {"name": "One", "account": account.pk, "template": template.pk, "runs_on": "PROVIDER", "time_zone": "UTC"}
    contact_list = ContactList.objects.create(name="Everybody", default_region="IN")
    asked |= {"window_opens": "09:00", "window_closes": "18:00", "contact_lists": [contact_list.pk]}
    wrong = asked | {name: value for name, value in changes.items() if name != "action"}

    refused = api.post("/api/v1/campaigns/", wrong, format="json")

    assert (refused.status_code, words in refused.content.decode()) == (400, True), refused.content
    if action == "SPEAK_TEXT":
        taken = api.post("/api/v1/campaigns/", asked, format="json")
        assert taken.status_code == 201, taken.content
