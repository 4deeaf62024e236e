"""A rehearsal does what a campaign would do, reaches no carrier but the sandbox, and leaves the people as they were."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.claiming.reserving import claim
from campaigns.explaining.house_now import read_house
from campaigns.explaining.proving import record_of
from campaigns.models import Attempt, Campaign, FeedEntry, Lead, OptOut, PossibleOptOut, Rehearsal, SuppressedNumber
from campaigns.placing.fence import Fence
from campaigns.placing.recording import record
from campaigns.placing.sending import place as send
from campaigns.rehearsing import rehearsal as rehearsing
from campaigns.rehearsing.carrying import follow, wait_for_carrier
from campaigns.rehearsing.hurrying import LONGEST_WAIT_SECONDS, shortened_by, shortened_caps, shortened_rules
from campaigns.rehearsing.report import report_of
from campaigns.results.feed import place_entries
from campaigns.rules.retry import PRESETS, retry_rules_problems
from campaigns.settling.reports import settle
from campaigns.states import attempts as attempt_states
from campaigns.states.campaigns import UnableToOperate
from dialer.accounts.sandbox import open_sandbox
from dialer.http.client import ProviderClient
from dialer.models import AuditEntry, ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sandbox.client import SandboxClient
from dialer.sql import hot_cursor
from tests.admin.conftest import owner
from tests.api.conftest import API, api
from tests.campaigns.claiming.test_failover import at_carrier
from tests.campaigns.world import account, campaign, claimed, numbers, place, set_fleet, taken_numbers
from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["api", "carrier_process", "owner", "sandbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def carrier(sandbox: SandboxClient, settings: Any, monkeypatch: pytest.MonkeyPatch) -> SandboxClient:
    """The carrier of the installation; it learns of an account as it is looked for."""
    settings.DIALER_SANDBOX_URL = sandbox.url

    def told(*, account: ProviderAccount) -> None:
        follow(sandbox, {})
        wait_for_carrier(account=account)

    monkeypatch.setattr(rehearsing, "wait_for_carrier", told)
    return sandbox


def rehearsed(of: Campaign) -> Campaign:
    """Return a rehearsal that runs, its account's room known."""
    made = rehearsing.rehearse(campaign_id=of.pk, by="mina", now=datetime.now(UTC)).campaign
    made.refresh_from_db()
    set_fleet(made.account, available=1000, at=datetime.now(UTC))
    return made


def call_all(made: Campaign) -> list[int]:
    """Place what is due of a campaign, as a turn does; return the attempts."""
    now, chosen = datetime.now(UTC), ProviderAccount.objects.get(pk=made.account_id)
    taken = claim(account_id=chosen.pk, now=now, room=50)
    ids = [call.attempt_id for call in taken.reserved]
    with hot_cursor() as cursor:
        attempt_states.begin_placing(cursor, account_id=chosen.pk, attempt_ids=ids)

    async def sent() -> list[Any]:
        client = ProviderClient(base_url=chosen.config.base_url, read_timeout_seconds=2.0)
        fence = Fence(opened_at_seconds=float("inf"))
        try:
            how: Any = {"account_id": chosen.pk, "provider": chosen.api, "config": chosen.config, "client": client}
            return list(await asyncio.gather(*(send(call=call, fence=fence, **how) for call in taken.reserved)))
        finally:
            await client.aclose()

    record(results=asyncio.run(sent()), now=now)
    return ids


def end(attempt_ids: list[int], **said: Any) -> None:
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, **said)
    settle(reports=[(pk, report) for pk in attempt_ids], now=datetime.now(UTC), event_ids=[None] * len(attempt_ids))


def test_real_numbers_are_rehearsed_and_no_real_carrier_hears_of_them(carrier: SandboxClient) -> None:
    real = account()
    at_carrier(carrier, real, "real")
    phones = numbers(3)
    of = campaign(real, leads=phones, state="DRAFT", max_live_calls=2, time_zone="Asia/Kolkata")
    made = rehearsed(of)
    assert made.account.is_sandbox
    assert [did.number for did in made.dids.all()] == [did.number for did in of.dids.all()]
    assert made.contact_lists.get() == of.contact_lists.get()
    assert made.template == of.template
    assert made.max_live_calls == 2
    end(call_all(made))
    end(call_all(made))
    rows = carrier.ledger()
    assert {row["account"] for row in rows} == {str(made.account.public_id)}
    assert sorted(row["to_number"] for row in rows) == sorted(phones)
    assert of.attempts.count() == 0
    assert not of.leads.exclude(state="PENDING").exists()
    entry = AuditEntry.objects.get(act="campaigns.rehearse")
    assert str(entry.subject_id) == str(of.pk)
    assert made.name == f"Rehearsal of {of.name}"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"is_sandbox": False}, DatabaseError),
        ({"base_url": "https://api.example.com"}, IntegrityError),
    ],
)
def test_the_database_keeps_a_sandbox_account_from_calling_anybody(
    change: dict[str, Any], error: type[Exception]
) -> None:
    there = open_sandbox(provider="voxcore")
    with pytest.raises(error), transaction.atomic():
        ProviderAccount.objects.filter(pk=there.pk).update(**change)
    real = account()
    with pytest.raises(DatabaseError), transaction.atomic():
        ProviderAccount.objects.filter(pk=real.pk).update(is_sandbox=True)


def test_a_rehearsal_is_never_moved_to_a_real_account_and_no_real_campaign_to_the_sandbox(
    carrier: SandboxClient, api: APIClient
) -> None:
    real = account()
    of = campaign(real, leads=1)
    made = rehearsed(of)
    for values in ({"account": real}, {"fallback_account": real}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Campaign.objects.filter(pk=made.pk).update(**values)
    for values in ({"account": made.account}, {"fallback_account": made.account}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Campaign.objects.filter(pk=of.pk).update(**values)
    reply = api.patch(f"{API}/campaigns/{of.pk}/", {"fallback_account": made.account_id}, format="json")
    assert reply.status_code == 400
    assert "takes over for nobody" in str(reply.json())


def test_who_is_rehearsed_was_not_called(carrier: SandboxClient, api: APIClient) -> None:
    real, phones = account(), numbers(1)
    of = campaign(real, leads=phones, caps=[{"calls": 1, "hours": 24}])
    made = rehearsed(of)
    (attempt_id,) = call_all(made)
    # While it is under way it is no live call of the person; once it has ended it is none of the last 24 hours.
    set_fleet(real, available=1000, at=datetime.now(UTC))
    assert taken_numbers(claimed(real, now=datetime.now(UTC))) == phones
    end([attempt_id], disposition="DO_NOT_CALL", transcript=[{"role": "user", "text": "Do not call me again."}])
    assert not SuppressedNumber.objects.exists()
    assert not OptOut.objects.exists()
    assert not PossibleOptOut.objects.exists()
    assert [row["campaign"] for row in record_of(number=phones[0]) if row["kind"] in ("CALL", "LEAD")] == [of.pk] * 2
    listed = {
        query: [row["id"] for row in api.get(f"{API}/attempts/?{query}").json()["results"]]
        for query in ("", f"campaign={made.pk}", "is_rehearsal=true")
    }
    assert listed == {
        "": [of.attempts.get().pk],
        f"campaign={made.pk}": [attempt_id],
        "is_rehearsal=true": [attempt_id],
    }
    place_entries()
    assert not FeedEntry.objects.filter(attempt_id=attempt_id).exists()
    with hot_cursor() as cursor:
        house = read_house(cursor, now=datetime.now(UTC), day_from=datetime.now(UTC) - timedelta(days=1))
    assert house.taken.calls == 1
    assert house.per_minute == 0
    assert {one.is_rehearsal for one in house.under_way if one.name == of.name} == {False}


def test_a_person_on_the_line_is_rehearsed_all_the_same(carrier: SandboxClient) -> None:
    real, phones = account(), numbers(1)
    of = campaign(real, leads=phones, caps=[{"calls": 1, "hours": 24}])
    set_fleet(of.account, available=1000, at=datetime.now(UTC))
    place(of, now=datetime.now(UTC))
    made = rehearsed(of)
    assert len(call_all(made)) == 1
    assert Attempt.objects.filter(ended_at=None, number=phones[0]).count() == 2


def test_its_own_caps_hold_within_it(carrier: SandboxClient) -> None:
    of = campaign(account(), leads=1, caps=[{"calls": 1, "hours": 24}], retry_rules={"BUSY": 3600}, state="DRAFT")
    made = rehearsed(of)
    end(call_all(made))
    Lead.objects.filter(campaign=made).update(state="PENDING", ended_at=None, next_attempt_at=datetime.now(UTC))
    Campaign.objects.filter(pk=made.pk).update(state="RUNNING")
    assert call_all(made) == []


def test_the_report_stands_beside_the_forecast(carrier: SandboxClient, owner: Client, api: APIClient) -> None:
    of = campaign(account(), leads=4, state="DRAFT", minimum_gap_seconds=600, retry_rules={})
    reply = api.post(f"{API}/campaigns/{of.pk}/rehearse/")
    assert reply.status_code == 201, reply.content
    made = Campaign.objects.get(pk=reply.json()["campaign"])
    set_fleet(made.account, available=1000, at=datetime.now(UTC))
    assert made.minimum_gap_seconds == LONGEST_WAIT_SECONDS
    end(call_all(made))
    report = report_of(rehearsal=Rehearsal.objects.get(campaign=made), now=datetime.now(UTC))
    found = {row.name: (row.foreseen, row.came) for row in report.rows}
    assert found["people"] == (4, 4)
    assert found["answered"][1] == 4
    assert found["calls"][0] is not None
    shown = api.get(f"{API}/campaigns/{made.pk}/rehearsal/").json()
    assert [(row["foreseen"], row["came"]) for row in shown["rows"]] == list(found.values())
    page = owner.get(reverse("admin:campaigns_campaign_rehearsal", args=[made.pk])).content.decode()
    assert "SANDBOX" in page
    assert "30 times shorter" in page
    for path in (
        "campaigns_campaign_change",
        "campaigns_campaign_live",
        "campaigns_campaign_changelist",
        "campaigns_attempt_changelist",
        "index",
    ):
        where = reverse(f"admin:{path}", args=[made.pk] if path.endswith(("_change", "_live")) else [])
        assert "d-sandbox" in owner.get(where).content.decode(), path
    assert api.get(f"{API}/campaigns/{of.pk}/rehearsal/").status_code == 404


def test_without_the_carrier_nothing_is_rehearsed_and_nothing_is_left(settings: Any, owner: Client) -> None:
    settings.DIALER_SANDBOX_URL = "http://127.0.0.1:9"
    of = campaign(account(), leads=1, state="DRAFT")
    page = owner.post(reverse("admin:campaigns_campaign_rehearse", args=[of.pk]), follow=True).content.decode()
    assert "The sandbox carrier does not answer" in page
    assert Campaign.objects.count() == 1


def test_what_is_in_the_sandbox_already_is_started_and_not_rehearsed(carrier: SandboxClient) -> None:
    made = campaign(open_sandbox(provider="voxcore"), leads=1, state="DRAFT")
    with pytest.raises(UnableToOperate, match="in the sandbox already"):
        rehearsing.rehearse(campaign_id=made.pk, by="mina", now=datetime.now(UTC))


@pytest.mark.parametrize("rules", PRESETS.values(), ids=PRESETS)
def test_no_wait_is_longer_than_somebody_looks_on(rules: dict[str, Any]) -> None:
    by = shortened_by(retry_rules=rules, minimum_gap_seconds=0)
    found = shortened_rules(rules, by=by)
    assert retry_rules_problems(found) == []
    assert found.keys() == rules.keys()
    waits = [wait for cell in found.values() for wait in (cell["delays"] if isinstance(cell, dict) else [cell])]
    assert max(waits, default=0) <= LONGEST_WAIT_SECONDS
    assert shortened_caps([{"calls": 3, "hours": 24}], by=by)[0]["hours"] * by == pytest.approx(24)
