"""A longest call is suggested where calls are given up, from the lengths that others told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Attempt, Campaign
from dialer.accounts.longest_call import Seen, longest_call
from tests.admin.conftest import owner
from tests.api.conftest import api
from tests.campaigns.world import NOON, account, campaign

__all__ = ["api", "owner"]

pytestmark = pytest.mark.django_db


def ended(made: Campaign, *, calls: int, **fields: Any) -> None:
    """Let so many calls of a campaign have ended 30 s after their length was over, by default 60 s long."""
    length = fields.get("talk_seconds") or 60
    lead = made.leads.get()
    values = {
        "outcome": "ANSWERED",
        "talk_seconds": length,
        "ended_at": NOON + timedelta(seconds=length + 30),
        "deadline_at": NOON + timedelta(hours=2),
        **fields,
    }
    Attempt.objects.bulk_create(
        Attempt(
            lead=lead,
            campaign=made,
            account=made.account,
            number=lead.number,
            state="ENDED",
            is_burned=True,
            reserved_at=NOON,
            send_at=NOON,
            placing_at=NOON,
            **values,
        )
        for _ in range(calls)
    )


def test_it_is_suggested_from_two_hundred_lengths_on_where_calls_are_given_up(api: APIClient, owner: Client) -> None:
    made = campaign(account(), leads=1)
    faces = (f"accounts/{made.account_id}", f"templates/{made.template_id}")
    pages = (f"dialer/provideraccount/{made.account_id}", f"campaigns/calltemplate/{made.template_id}")
    ended(made, calls=198)
    ended(made, calls=1, talk_seconds=200)
    ended(made, calls=5, outcome="NO_ANSWER", talk_seconds=None, duration_seconds=3000)
    ended(made, calls=3, outcome="LOST", talk_seconds=None)
    for face in faces:  # 199 lengths
        assert api.get(f"/api/v1/{face}/longest-call/").json()["suggested_max_call_seconds"] is None
    ended(made, calls=1)
    for face in faces:
        found = api.get(f"/api/v1/{face}/longest-call/").json()
        # The longest of 200, with the 30 s after which results came, a tenth more, in whole half minutes.
        assert (found["suggested_max_call_seconds"], found["given_up"], found["lengths_told"]) == (270, 3, 200)
    for page in pages:
        assert "Suggested: 270, with a margin." in owner.get(f"/admin/{page}/change/").content.decode()
    # What a template says for itself no longer says anything of its account.
    for seconds, status in ((86_401, 400), (0, 400), (270, 200)):
        reply = api.patch(f"/api/v1/{faces[1]}/", {"max_call_seconds": seconds}, format="json")
        assert (reply.status_code, "max_call_seconds" in reply.content.decode()) == (status, True)
    assert api.get(f"/api/v1/{faces[0]}/longest-call/").json()["calls"] == 0
    assert api.get(f"/api/v1/{faces[1]}/longest-call/").json()["said"].endswith("What is set fits.")


def test_calls_whose_result_came_after_they_were_given_up_count_as_given_up_and_nothing_is_suggested_without(
    api: APIClient,
) -> None:
    made = campaign(account(), leads=1)
    address = f"/api/v1/accounts/{made.account_id}/longest-call/"
    ended(made, calls=200)
    assert api.get(address).json()["suggested_max_call_seconds"] is None
    ended(made, calls=1, talk_seconds=100, deadline_at=NOON + timedelta(seconds=50))
    assert api.get(address).json()["suggested_max_call_seconds"] == 150


def test_a_suggestion_is_rounded_up_and_never_longer_than_a_day() -> None:
    for length, suggested in ((1, 30), (545, 600), (1000, 1140), (3500, 3900), (100_000, 86_400)):
        seen = Seen(calls=200, given_up=1, lengths=[length] * 200, delays=[0.0] * 200)
        assert longest_call(max_call_seconds=3600, seen=seen).suggested_max_call_seconds == suggested
