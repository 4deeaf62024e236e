"""Whole numbers beyond 64 bits, which JSON may hold and not every reader takes: kept or refused, never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import ContactList, RulesProfile
from tests.api.conftest import API
from tests.campaigns import world

pytestmark = pytest.mark.django_db
LARGE = (2**64, -(2**63) - 1, 10**30)


def asked(number: int) -> list[tuple[str, str, Any]]:
    """Return requests with a number wherever a body may hold whatever its sender likes."""
    campaign = world.campaign(world.account())
    contacts = ContactList.objects.create(name="L", default_region="IN")
    row = {"phone": "+919812345678", "due": number}
    variables = {"due": number}
    template = {"name": "T", "provider": "voxcore", "action": "VOICE_BOT", "options": {"bot_id": "b", "more": number}}
    profile = RulesProfile.objects.create(slug="land", name="Land", rules={})
    return [
        ("PATCH", f"/rules-profiles/{profile.pk}/", {"sources": [{"figure": "0", "read": number}]}),
        ("POST", f"/lists/{contacts.pk}/upload/", {"rows": [row]}),
        ("POST", f"/campaigns/{campaign.pk}/leads/", {"contact": {"phone": "+919812345679", "variables": variables}}),
        ("POST", "/contacts/", {"contact_list": contacts.pk, "number": "+919812345670", "variables": variables}),
        ("POST", "/templates/", template),
        ("PATCH", f"/templates/{campaign.template_id}/", {"variables": {"a": number}}),
        ("PATCH", f"/campaigns/{campaign.pk}/", {"retry_rules": {"BUSY": number}, "max_attempts": number}),
        ("PATCH", f"/accounts/{campaign.account_id}/", {"settings": {"dialout_path": number}}),
    ]


@pytest.mark.parametrize("number", LARGE)
def test_no_whole_number_is_a_fault(api: APIClient, number: int) -> None:
    answers = {}
    for method, path, body in asked(number):
        reply = api.generic(method, API + path, json.dumps(body), content_type="application/json")
        answers[f"{method} {path}"] = reply.status_code
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    assert any(status < 300 for status in answers.values()), answers
