"""How full a rehearsal's lines were: as the carrier saw them, as we held them, and with which doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Attempt
from campaigns.rehearsing.filling import Filled, fill, whole_fill
from campaigns.rehearsing.staging import Line, stage_account, stage_campaign
from dialer.sandbox.client import SandboxClient
from tests.campaigns.world import contact_list, numbers

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_lines_that_are_held_are_told_from_lines_that_are_taken_and_those_in_doubt(sandbox: SandboxClient) -> None:
    stage = stage_account(
        sandbox, provider="altur", name="Bots", lines=[Line(number="+918069000001", limit=4)], account_fields={}
    )
    campaign = stage_campaign(stage, name="Reminders", contact_lists=[contact_list(numbers(3))])
    for contact, (seconds, outcome, placed_at) in zip(
        campaign.contact_lists.get().contacts.all(),
        ((5, "ANSWERED", NOON), (10, "UNCERTAIN", None), (10, "LOST", NOON)),
        strict=True,
    ):
        Attempt.objects.create(
            lead=campaign.leads.create(contact=contact, number=contact.number),
            campaign=campaign,
            account=stage.account,
            number=contact.number,
            state="ENDED",
            outcome=outcome,
            is_burned=True,
            reserved_at=NOON,
            send_at=NOON,
            placing_at=NOON,
            placed_at=placed_at,
            deadline_at=NOON,
            ended_at=NOON + timedelta(seconds=seconds),
        )
    start = NOON.timestamp()
    found = fill(sandbox, stage, campaign=campaign, intervals=[(start, start + 10)])
    assert found.as_json() == {"fill": 0.0, "held": 0.625, "doubted": 0.5, "due_seconds": 10.0}
    assert fill(sandbox, stage, campaign=campaign, intervals=[]) == Filled(limit=4.0)


def test_each_campaign_weighs_by_its_lines() -> None:
    assert whole_fill([Filled(limit=10, taken=9), Filled(limit=2)]) == 0.75
