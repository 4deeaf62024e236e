"""Numbers beyond 64 bits, which JSON may hold and not every reader takes: kept or refused, never a fault.

Of fractions too: PostgreSQL gives 1e30 back as a whole number of 31 digits.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Attempt, Contact, ContactList, RulesProfile
from tests.api.conftest import API
from tests.campaigns import world
from tests.campaigns.world import NOON
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.subscribers import end_calls, subscribe
from tests.webhooks.telling import tell

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db
LARGE = (2**64, -(2**63) - 1, 10**30, 1e30, -1.5e300)


def asked(number: float) -> list[tuple[str, str, Any]]:
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
        ("POST", "/subscriptions/", {"name": "S", "url": "https://example.com/", "key_map": {"a": number}}),
        ("PATCH", f"/templates/{campaign.template_id}/", {"variables": {"a": number}}),
        ("PATCH", f"/campaigns/{campaign.pk}/", {"retry_rules": {"BUSY": number}, "max_attempts": number}),
        ("PATCH", f"/accounts/{campaign.account_id}/", {"settings": {"dialout_path": number}}),
    ]


@pytest.mark.parametrize("number", LARGE)
def test_no_number_is_a_fault(api: APIClient, number: float) -> None:
    answers = {}
    for method, path, body in asked(number):
        reply = api.generic(method, API + path, json.dumps(body), content_type="application/json")
        answers[f"{method} {path}"] = reply.status_code
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    assert any(status < 300 for status in answers.values()), answers


@pytest.mark.parametrize("number", [1e30, -1.5e300, 10**25])
def test_what_is_stored_is_told_and_exported_whatever_its_size(
    api: APIClient, receiver: Receiver, number: float
) -> None:
    subscribe(receiver.url)
    subscribe(f"{receiver.url}?mapped", key_map={"due": "{{crm.due}}", "said": "{{analysis.big}} {{crm.due}}"})
    (attempt,) = end_calls(analysis={"big": float(number), "scores": [{"big": float(number)}]})
    campaign = Attempt.objects.get(pk=attempt).campaign
    Contact.objects.update(variables={"due": number, "more": {"a": [number]}})
    assert tell(now=NOON) == 2
    shown = sorted((json.loads(body) for _, body in receiver.came), key=len)
    assert float(shown[0]["due"]) == float(number)
    assert float(shown[1]["attempt"]["analysis"]["big"]) == float(number)
    for form in ("csv", "jsonl", "xlsx", "parquet"):
        what = f"campaign={campaign.pk}&columns=attempt_id,analysis&variables=*&form={form}"
        assert len(api.get(f"{API}/export/?{what}").getvalue()) > 50


def test_a_large_number_is_a_text_after_an_upload_and_the_same_after_another(api: APIClient) -> None:
    lists = [ContactList.objects.create(name=name, default_region="IN") for name in "AB"]
    rows = [{"phone": f"981234567{n}", "due": number} for n, number in enumerate(LARGE[3:])]
    assert api.post(f"{API}/lists/{lists[0].pk}/upload/", {"rows": rows}).json()["rows_accepted"] == len(rows)
    exported = api.get(f"{API}/export/?what=contacts&contact_list={lists[0].pk}&form=jsonl").getvalue()
    again = api.generic(
        "POST", f"{API}/lists/{lists[1].pk}/upload/", exported.decode(), content_type="application/x-ndjson"
    )
    assert again.json()["rows_accepted"] == len(rows)
    first, second = (list(one.contacts.order_by("number").values_list("number", "variables")) for one in lists)
    assert first == second
    assert first[0][1] == {"due": "1" + "0" * 30}
