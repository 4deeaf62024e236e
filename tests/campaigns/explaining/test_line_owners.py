"""Who holds the lines: the same in progress, on the panel, in explanations and on the command line."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from campaigns.explaining.line_owners import held_by_accounts
from campaigns.models import Attempt, CallTemplate, Campaign, HostedBatch, HostedDialer, HostedNumber
from dialer.models import DID, AccountGate
from dialer.sql import hot_cursor
from tests.admin.conftest import owner
from tests.api.conftest import api
from tests.campaigns.world import account, campaign, did, place, set_fleet

__all__ = ["api", "owner"]

pytestmark = pytest.mark.django_db

#: Held like this for so long already: state, and how many seconds ago the request left.
CALLS = (("ANSWERED", 900), ("ANSWERED", 5), ("PLACED", 5), ("PLACED", 300), ("UNCERTAIN", 5), ("RESERVED", 0))
COUNTS = {"talking": 2, "ringing": 1, "awaited": 0, "silent": 2, "queued": 0, "reserved": 1}


def full_campaign(**fields: Any) -> Campaign:
    """Return a campaign all of whose lines are taken, each as ``CALLS`` says, with one more lead that waits."""
    now = datetime.now(UTC)
    dialed = account(max_call_seconds=1800)
    set_fleet(dialed, available=100, at=now)
    made = campaign(dialed, leads=len(CALLS) + 1, time_zone="Asia/Kolkata", dids=[did(dialed, len(CALLS))], **fields)
    CallTemplate.objects.filter(pk=made.template_id).update(max_ring_seconds=30)
    for state, ago in CALLS:
        attempt = place(made, state=state, now=now)
        left = None if state == "RESERVED" else now - timedelta(seconds=ago)
        until = datetime(2099, 1, 5, 7, 19, tzinfo=UTC) - timedelta(seconds=ago)
        Attempt.objects.filter(pk=attempt.pk).update(placing_at=left, deadline_at=until)
    return made


def test_every_face_tells_the_lines_by_owner_alike(api: APIClient, owner: Client) -> None:
    made = full_campaign()
    progress = api.get(f"/api/v1/campaigns/{made.pk}/progress/").json()
    lines = progress["lines"]
    assert {name: lines[name] for name in COUNTS} == COUNTS
    assert progress["live_calls"] == sum(COUNTS.values())
    said = "2 talking, 1 ringing, 2 without news until 05 Jan 2099 12:48 IST, 1 reserved"
    assert (lines["said"], lines["taken"], lines["silent_until"]) == (said, 6, "2099-01-05T07:18:55Z")
    explained = api.get(f"/api/v1/campaigns/{made.pk}/explanation/").json()
    assert explained["lines"] == lines
    page = owner.get(f"/admin/campaigns/campaign/{made.pk}/live/").content.decode()
    gauge = re.sub(r"<[^>]+>|\s+", " ", page.partition('data-legend="lines"')[2].partition("</div>")[0])
    assert re.sub(" +", " ", gauge).strip(" >") == (
        "talking 2 ringing 1 without news until 05 Jan 2099 12:48 IST 2 reserved 1"
    )
    out = io.StringIO()
    call_command("explain", "campaign", str(made.pk), stdout=out)
    assert f"Lines: {said}." in out.getvalue()


def test_who_waits_for_a_line_is_told_who_holds_them(api: APIClient) -> None:
    made = full_campaign()
    waiting = made.leads.get(state="PENDING")
    held = "2 talking, 1 ringing, 2 without news until 05 Jan 2099 12:48 IST, 1 reserved"
    for limit, whose in (("DID", "Its DIDs have"), ("ACCOUNT_LIMIT", "The account has")):
        for address in (f"campaigns/{made.pk}", f"leads/{waiting.pk}"):
            found = api.get(f"/api/v1/{address}/explanation/").json()
            assert (found["limit"], found["said"]) == (limit, f"{whose} 6 of 6 lines taken: {held}.")
        DID.objects.filter(account=made.account).update(max_live_calls=60)
        made.account.max_live_calls = 6
        made.account.save()


def test_calls_that_the_fleet_says_are_over_are_awaited_and_hold_no_line(api: APIClient) -> None:
    made = full_campaign()
    now = datetime.now(UTC)
    # Asked a moment ago, the fleet has counted one call twice over; it knows all that were taken a minute before.
    Attempt.objects.filter(campaign=made).exclude(placing_at=None).update(placing_at=now - timedelta(seconds=300))
    Attempt.objects.filter(campaign=made, state__in=["PLACED", "ANSWERED"]).update(
        placed_at=now - timedelta(seconds=299)
    )
    AccountGate.objects.filter(account=made.account).update(
        fleet_followed_since=now - timedelta(hours=1), fleet_measured_at=now, fleet_calls=1, fleet_calls_before=1
    )
    lines = api.get(f"/api/v1/campaigns/{made.pk}/progress/").json()["lines"]
    # Four are covered and one of them is live: the silent ones are over first, and of those who talked one.
    assert {name: lines[name] for name in COUNTS} == COUNTS | {"talking": 1, "ringing": 0, "awaited": 3, "silent": 1}
    assert "1 talking, 3 result awaited, 1 without news until" in lines["said"]
    DID.objects.filter(account=made.account).update(max_live_calls=3)
    found = api.get(f"/api/v1/campaigns/{made.pk}/explanation/").json()
    assert found["lines"] == lines
    assert found["said"].startswith("Its DIDs have 3 of 3 lines taken: 1 talking, 1 without news until")
    (room,) = [check["values"] for check in found["checks"] if check["limit"] == "DID"]
    assert (room["live"], room["lines"]["taken"], room["lines"]["awaited"]) == (3, 3, 3)


def test_numbers_in_the_queue_of_a_providers_dialer_are_not_called_silent() -> None:
    now = datetime.now(UTC)
    made = campaign(account(provider="ivrsolutions"), leads=1)
    queued = place(made, now=now)
    dialer = HostedDialer.objects.create(campaign=made, account=made.account, name="Dialer", lines=1)
    batch = HostedBatch.objects.create(dialer=dialer, size=1, reserved_at=now)
    HostedNumber.objects.create(attempt=queued, batch=batch)
    with hot_cursor() as cursor:
        (held,) = held_by_accounts(cursor, account_ids=[made.account_id], now=now + timedelta(hours=1))
    assert (held.owner, held.calls) == ("QUEUED", 1)
    CallTemplate.objects.filter(pk=made.template_id).update(max_call_seconds=77)
    assert HostedDialer.objects.get().longest_call_seconds == 77
