"""Ringing another party into a call: through us, for those who may, and nobody who must not be called."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Attempt, SuppressedNumber, SuppressionList
from dialer.models import Switchboard
from dialer.providers.base import Phase
from dialer.sandbox.client import SandboxClient
from tests.admin.conftest import owner
from tests.api.conftest import API, ClientFor, client_for
from tests.campaigns.calls.carried import attempt_at, call_at
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

__all__ = ["client_for", "owner"]
pytestmark = pytest.mark.django_db

CALLER = ("campaigns.view_attempt", "campaigns.change_campaign")


def test_a_participant_is_rung_into_a_live_call_and_the_parties_are_seen(
    sandbox: SandboxClient, client_for: ClientFor, owner: Client
) -> None:
    attempt = call_at(sandbox, "intellicall", lambda report: report.phase is Phase.ANSWERED)
    url = f"{API}/attempts/{attempt.pk}/participants/"
    assert client_for("campaigns.view_attempt").post(url, {"number": "9812345678"}).status_code == 403
    reply = client_for(*CALLER).post(url, {"number": "98123 45678"}, format="json")
    assert (reply.status_code, reply.json()) == (201, {"leg_id": "3"})
    legs = client_for("campaigns.view_attempt").get(url).json()
    assert [(leg["role"], leg["status"]) for leg in legs] == [
        ("agent", "JOINED"),
        ("destination", "JOINED"),
        ("participant", "JOINED"),
    ]
    page = f"/admin/campaigns/attempt/{attempt.pk}/participants/"
    assert "JOINED" in owner.get(page).content.decode()
    assert "is being rung" in owner.post(page, {"number": "9812345679"}, follow=True).content.decode()


def refusal(client_for: ClientFor, attempt: Attempt, number: str = "+919812345678") -> Any:
    reply = client_for(*CALLER).post(f"{API}/attempts/{attempt.pk}/participants/", {"number": number}, format="json")
    return reply.status_code, reply.json()["error"]["message"]


def test_nobody_is_rung_where_nobody_may_be(sandbox: SandboxClient, client_for: ClientFor) -> None:
    attempt = call_at(sandbox, "intellicall", lambda report: report.phase is Phase.ANSWERED)
    assert refusal(client_for, attempt, "12")[0] == 400
    never = SuppressionList.objects.create(name="Never", applies_to_all=True)
    held = SuppressedNumber.objects.create(suppression_list=never, number="+919812345678")
    assert refusal(client_for, attempt) == (409, "The number is suppressed: it must not be called.")
    held.delete()
    switch, _ = Switchboard.objects.update_or_create(id=1, defaults={"dialing_allowed": False})
    assert refusal(client_for, attempt) == (409, "Dialing is stopped on the switchboard.")
    switch.dialing_allowed = True
    switch.save()
    sandbox.hangup_all()
    assert refusal(client_for, attempt) == (409, "Intellicall refuses: HTTP 400: Call is not active.")
    Attempt.objects.update(external_id=None)
    assert refusal(client_for, attempt) == (409, "The call is not under way.")


def test_a_provider_that_cannot_add_a_party_says_so(sandbox: SandboxClient, client_for: ClientFor) -> None:
    attempt = attempt_at(account_at(sandbox, "voxcore"))
    assert refusal(client_for, attempt) == (409, "VoxCore cannot add a party to a call.")


def test_an_answer_that_does_not_come_is_not_taken_for_a_no(sandbox: SandboxClient, client_for: ClientFor) -> None:
    with scripted(status=504, body=b"<html>gateway</html>") as url:
        attempt = attempt_at(account_at(sandbox, "intellicall", base_url=url))
        status, text = refusal(client_for, attempt)
    assert status == 502
    assert "may be ringing" in text
