"""Nesting: JSON nested 900 deep breaks its reader, and events of a megabyte make lists of hundreds."""

from __future__ import annotations

import json

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.models import CallTemplate, RulesProfile
from dialer.admin.rows import RowsWidget
from dialer.json_limits import is_too_deep
from dialer.models import ProviderAccount
from dialer.providers import slugs
from dialer.providers.base import Malformed, Push
from tests.api.conftest import key_of
from tests.attacks.server import Server
from tests.campaigns.world import account, campaign, place
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db(transaction=True)

DEEP = b'{"call_id":"c-1","event":"x","event_type":"x","uuid":"u","a":' + b"[" * 900 + b"]" * 900 + b"}"
SIZE = 1_000_000
LONG = orjson.dumps({"call_id": "c-1", "transcript": "[" * SIZE})


@pytest.fixture
def owner(server: Server, transactional_db: None) -> ProviderAccount:
    """An account that the web process sees."""
    return account()


@pytest.fixture
def manager() -> Client:
    """A manager in the admin."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("olga"))
    return client


PROFILES = "/admin/campaigns/rulesprofile/add/"


def test_attack_21_pages_of_events_that_are_nested_deep_are_shown(owner: ProviderAccount, manager: Client) -> None:
    for body in (DEEP, b"[" * 5000, b"{" * 500 + b"}" * 500):
        event = ProviderEvent.objects.create(account=owner, body=body)
        reply = manager.get(f"/admin/webhooks/providerevent/{event.pk}/change/")
        assert reply.status_code == 200
        assert len(reply.content) < 1_000_000


def test_attack_21_lists_show_the_heads_of_events(owner: ProviderAccount, manager: Client) -> None:
    attempt = place(campaign(owner, leads=1))
    events = [ProviderEvent.objects.create(account=owner, body=LONG, attempt=attempt) for _ in range(15)]
    page = manager.get(f"/admin/campaigns/attempt/{attempt.pk}/change/")
    assert page.status_code == 200
    assert f"the beginning of {len(LONG)} bytes" in page.content.decode()
    listed = manager.get("/api/v1/events/")
    assert [one["body_bytes"] for one in listed.json()["results"]] == [len(LONG)] * len(events)
    assert len(page.content) + len(listed.content) < 1_000_000
    assert manager.get(f"/api/v1/events/{events[0].pk}/").json()["body"] == LONG.decode()


def test_attack_21_rest_and_forms_refuse_what_is_nested_deep(server: Server, manager: Client) -> None:
    token = key_of(User.objects.get())
    kinds = {"Authorization": f"Token {token}", "Content_Type": "application/json"}
    for path in ("/api/v1/templates/", "/api/v1/lists/", "/api/v1/subscriptions/"):
        for body in (DEEP, b"[" * 50_000):
            status, reply = server.ask("POST", path, body, chunks=0, **kinds)
            assert (status, "nested more than" in reply) == (400, True)
    assert not CallTemplate.objects.filter(name="x").exists()
    form = manager.get(PROFILES).context["adminform"].form
    tables = [name for name, field in form.fields.items() if isinstance(field.widget, RowsWidget)]
    assert "caps" in tables
    for entry in (DEEP.decode(), "[" * 50_000):
        rows = {f"{name}-0-stored": entry for name in tables}
        page = manager.post(PROFILES, {"name": "x", "slug": "x", **rows})
        assert page.status_code in (200, 302)
        assert not is_too_deep(json.dumps([one.rules for one in RulesProfile.objects.filter(slug="x")]), most_depth=9)


@pytest.mark.parametrize("slug", slugs())
def test_attack_21_no_provider_reads_a_push_that_is_nested_deep(slug: str) -> None:
    owner = account(provider=slug)
    if not owner.api.capabilities.pushes:
        return
    with pytest.raises(Malformed):
        owner.api.parse_push(account=owner.config, push=Push(headers={}, body=DEEP))
