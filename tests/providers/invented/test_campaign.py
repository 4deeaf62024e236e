"""A campaign on a provider of which nothing but its one file is known: claimed, placed over HTTP, pushed, settled."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from campaigns.models import Attempt, Campaign, Lead
from campaigns.placing.engine import Engine
from dialer.models import ProviderAccount
from tests.api.conftest import API
from tests.providers.invented import carrier as at
from tests.providers.invented.carrier import Ringwell
from webhooks.applying import apply_inbox, senders_by_id
from webhooks.call_lookups import poll_due
from webhooks.models import ProviderEvent
from webhooks.receiving import senders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registered")]
LINES, CONTACTS, WITHIN_SECONDS = 4, 30, 40.0
OUTCOMES = {
    "answered": "ANSWERED",
    "no-reply": "NO_ANSWER",
    "engaged": "BUSY",
    "machine": "MACHINE",
    "failed": "FAILED",
}
WHOLE_DAY = {"time_zone": "UTC", "window_opens": "00:00", "window_closes": "23:59:59.999999"}


@pytest.fixture(autouse=True)
def public_address(live_server: LiveServer, settings: Any) -> None:
    """Let the provider reach this installation, and forget the accounts of other tests."""
    settings.PUBLIC_BASE_URL = live_server.url
    senders._known.clear()
    senders_by_id._known.clear()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The engine of a worker process, whose bells are rung by the test."""
    made = Engine()
    yield made
    made.stop()
    # The connections of its threads, which have ended: the database could not be dropped.
    gc.collect()


def post(api: APIClient, path: str, body: Any, status: int = 201) -> dict[str, Any]:
    reply = api.post(API + path, body, format="json")
    assert reply.status_code == status, reply.content
    answer: dict[str, Any] = reply.json()
    return answer


def campaign_at(api: APIClient, carrier: Ringwell, *, contacts: int) -> Campaign:
    """Set everything up by REST alone, as for any provider, and start it."""
    account = post(
        api,
        "/accounts/",
        {
            "name": "Ringwell Pune",
            "provider": "ringwell",
            "base_url": carrier.url,
            "credentials": {"api_key": at.KEY, "callback_secret": at.SECRET},
            "poll_after_seconds": 1,
            "reply_timeout_seconds": 5,
        },
    )
    carrier.push_url = account["push_url"]
    did = post(api, "/dids/", {"account": account["id"], "number": "+912233445566", "max_live_calls": LINES})
    template = post(
        api,
        "/templates/",
        {"name": "Renewals", "provider": "ringwell", "action": "PLAY_FLOW", "options": {"script": "renewals"}},
    )
    contact_list = post(api, "/lists/", {"name": "November", "default_region": "IN"})
    rows = "phone,name\n" + "".join(f"+9198123{n:05},Contact {n}\n" for n in range(contacts))
    upload = api.generic("POST", f"{API}/lists/{contact_list['id']}/upload/", rows, content_type="text/csv")
    assert upload.status_code == 201, upload.content
    campaign = post(
        api,
        "/campaigns/",
        {
            "name": "Renewals",
            "account": account["id"],
            "template": template["id"],
            "contact_lists": [contact_list["id"]],
            "dids": [did["id"]],
            "max_attempts": 1,
            "pause_share_percent": None,
            **WHOLE_DAY,
        },
    )
    post(api, f"/campaigns/{campaign['id']}/start/", {}, status=200)
    return Campaign.objects.get(pk=campaign["id"])


def run(engine: Engine, campaign: Campaign) -> None:
    """Ring the bells of a worker until every lead has its end. Raises AssertionError when time is up."""
    until = time.monotonic() + WITHIN_SECONDS
    while Lead.objects.filter(campaign=campaign, state__in=["PENDING", "DIALING"]).exists():
        assert time.monotonic() < until, Counter(Attempt.objects.values_list("state", "outcome"))
        engine.ring(campaign.account_id)
        poll_due(engine=engine, now=datetime.now(UTC))
        apply_inbox(now=datetime.now(UTC))
        time.sleep(0.02)


def test_a_campaign_runs_on_it_from_claim_to_settled(api: APIClient, carrier: Ringwell, engine: Engine) -> None:
    carrier.company = Event()
    campaign = campaign_at(api, carrier, contacts=CONTACTS)
    run(engine, campaign)
    ledger = carrier.ledger
    assert set(ledger.rings.values()) == {1}, "somebody was rung twice"
    assert len(ledger.rings) == CONTACTS
    assert 1 < ledger.most_live <= LINES
    assert ledger.refused == 1, "the full house was never seen"
    for attempt in Attempt.objects.filter(campaign=campaign, is_burned=True):
        call = ledger.calls[str(attempt.external_id)]
        assert (attempt.state, attempt.outcome) == ("ENDED", OUTCOMES[call["result"]]), call
        assert attempt.outcome_source == ("POLL" if call["to"].endswith(at.NEVER_PUSHED) else "PUSH"), call
    answered = Attempt.objects.filter(campaign=campaign, outcome="ANSWERED")
    assert set(answered.values_list("disposition", "talk_seconds")) == {("INTERESTED", 1.5)}
    assert ProviderEvent.objects.filter(source="PUSH", state="APPLIED").count() == CONTACTS - CONTACTS // 10


def test_an_account_is_checked_synced_and_picked_from(api: APIClient, carrier: Ringwell) -> None:
    campaign = campaign_at(api, carrier, contacts=1)
    account = ProviderAccount.objects.get(pk=campaign.account_id)
    found = post(api, f"/accounts/{account.pk}/check/", {}, status=200)
    assert {one["verdict"] for one in found["findings"]} <= {"OK", "UNKNOWN"}, found
    synced = post(api, f"/accounts/{account.pk}/sync/", {}, status=200)
    assert [(kind["kind"], kind["listed"]) for kind in synced["kinds"]] == [("CALL_FLOW", 2)]
    listed = api.get(f"{API}/synced-items/", {"provider": "ringwell"}).json()["results"]
    assert sorted(item["value"] for item in listed) == ["renewals", "survey"]


@pytest.mark.parametrize("path", ["number-quotes", "add-agent", "register-webhook"])
def test_what_it_cannot_do_is_said_in_words(path: str, api: APIClient, carrier: Ringwell) -> None:
    campaign = campaign_at(api, carrier, contacts=1)
    person = {"name": "Asha", "email": "a@b.example", "phone": "+919876543210", "password": "x"}
    bodies = {"number-quotes": {"country_code": "91", "region": "1"}, "add-agent": person}
    reply = api.post(f"{API}/accounts/{campaign.account_id}/{path}/", bodies.get(path, {}), format="json")
    assert reply.status_code == 409
    assert "Ringwell" in reply.json()["error"]["message"]
