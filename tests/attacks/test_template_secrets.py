"""Attack 1: an option of a template is a secret (the header that a voice bot is reached with), and anybody reads it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from campaigns.explaining.rendering import render
from campaigns.models import CallTemplate, Campaign
from campaigns.placing.sending import _request, placement
from campaigns.rules.campaign import read_rules
from dialer.key_rotation import reencrypt
from dialer.providers.base import ProviderRequest, Refusal, Refused
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db

HEADER = "Authorization: Bearer s3cret-of-the-bot"
OPTIONS = {"wss_url": "wss://bot.example/voice", "wss_header": HEADER}
BODY = {"name": "Bot", "provider": "ivrsolutions", "action": "AI_AGENT", "options": OPTIONS}


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("olga"))
    return client


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM campaigns_calltemplate t")
        (found,) = cursor.fetchone()
    return str(found)


def test_attack_1_a_secret_option_is_stored_sealed_and_never_shown_again(api: APIClient) -> None:
    made = api.post("/api/v1/templates/", BODY, "json").json()
    assert made["options"] == {"wss_url": OPTIONS["wss_url"]}
    assert HEADER not in stored()
    changed = api.patch(f"/api/v1/templates/{made['id']}/", {"options": {"wss_url": "wss://other.example/v"}}, "json")
    assert changed.status_code == 200
    assert "wss_header" in CallTemplate.objects.get().options, "what was not sent is kept"
    vera = User.objects.create_user("vera", is_staff=True)
    vera.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browser = Client()
    for user in (vera, User.objects.get(username="olga")):
        browser.force_login(user)
        page = browser.get(f"/admin/campaigns/calltemplate/{made['id']}/change/").content.decode()
        assert "s3cret-of-the-bot" not in page
        assert "sealed:" not in page
    api.patch(
        f"/api/v1/templates/{made['id']}/", {"options": {"wss_url": "wss://o.example/v", "wss_header": None}}, "json"
    )
    assert "wss_header" not in CallTemplate.objects.get().options


def with_header() -> Campaign:
    """Return a campaign whose template has a secret option."""
    owner = account(provider="ivrsolutions", fleet=None)
    made = campaign(owner, leads=2)
    made.template.action, made.template.options = "AI_AGENT", OPTIONS
    made.template.save()
    return made


def asked(made: Campaign, call: Any) -> ProviderRequest | Refused:
    return _request(call=call, provider=made.account.api, config=made.account.config)


def test_attack_1_the_provider_is_told_it_and_a_preview_is_not() -> None:
    made = with_header()
    call = claimed(made.account).reserved[0]
    assert placement(call).options["wss_header"] == HEADER
    request = asked(made, call)
    assert isinstance(request, ProviderRequest)
    assert b"s3cret-of-the-bot" in request.body
    made.refresh_from_db()
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[made.pk])[made.pk]
    (shown, *_) = render(campaign=made, rules=rules, contact_ids=[], now=NOON)
    assert shown["request"]
    assert "s3cret-of-the-bot" not in str(shown)


def test_attack_17_a_secret_option_is_encrypted_anew_and_its_loss_pauses_its_campaign_alone(settings: Settings) -> None:
    made = with_header()
    call = claimed(made.account).reserved[0]
    settings.DIALER_ENCRYPTION_KEYS = ["a new key", *settings.DIALER_ENCRYPTION_KEYS]
    assert reencrypt(dry_run=True).left == 3, "credentials, push token, option"
    assert reencrypt().done == 3
    assert reencrypt().is_whole
    settings.DIALER_ENCRYPTION_KEYS = ["a new key"]
    made.template.refresh_from_db()
    assert made.template.problem == ""
    settings.DIALER_ENCRYPTION_KEYS = ["another"]
    assert "DIALER_ENCRYPTION_KEYS" in made.template.problem
    refused = asked(made, call) if made.account.__dict__.get("credentials") else None
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.CREDENTIALS
    assert f"call template #{made.template.pk} {made.template} (options)" in reencrypt().unreadable
