"""Results that stay away: when it is told and when it is over, and which share of lost calls pauses a campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.missing_results import note_silence, tell_of_missing_results
from campaigns.models import Attempt, Campaign, CampaignNotice
from dialer.accounts.result_counts import add
from dialer.accounts.result_troubles import troubles
from dialer.models import ResultKind
from tests.campaigns.world import NOON, account, campaign
from tests.webhooks.test_result_counts import HOUR, SECOND, counted
from webhooks.push_check import push_findings

pytestmark = pytest.mark.django_db


def test_a_trouble_is_over_once_pushes_are_taken_again() -> None:
    of = account()
    now = datetime.now(UTC)
    add(counts={(of.pk, ResultKind.WRONG_SIGNATURE): (3, "")}, now=now - 2 * HOUR)
    assert troubles(account=of, now=now)[0].is_current
    add(counts={(of.pk, ResultKind.TAKEN): (1, "")}, now=now)
    assert not troubles(account=of, now=now)[0].is_current
    assert not [one for one in push_findings(of, now=now) if "signature" in one.text]
    add(counts={(of.pk, ResultKind.WRONG_SIGNATURE): (1, "")}, now=now + SECOND)
    assert troubles(account=of, now=now + SECOND)[0].count == 4
    after_a_week = now + timedelta(days=8)
    add(counts={(of.pk, ResultKind.WRONG_SIGNATURE): (1, "")}, now=after_a_week)
    again = troubles(account=of, now=after_a_week)[0]
    assert (again.count, again.since_at) == (1, after_a_week)


def test_a_notice_comes_again_after_an_hour_and_only_for_what_goes_on() -> None:
    of = account()
    now = datetime.now(UTC)
    for minutes in range(0, 180, 10):
        if minutes < 70:
            add(counts={(of.pk, ResultKind.LOST): (1, "")}, now=now + minutes * 60 * SECOND)
        tell_of_missing_results(now=now + minutes * 60 * SECOND)
    assert CampaignNotice.objects.filter(kind="RESULTS_MISSING").count() == 2


def test_pushes_that_stay_away_are_told_with_what_the_provider_does_of_itself() -> None:
    of = account(provider="astradial")
    made = campaign(of, leads=40)
    now = datetime.now(UTC)
    add(counts={(of.pk, ResultKind.TAKEN): (1, "")}, now=now - 2 * HOUR)
    ended(made, ["NO_ANSWER"] * 19, started_at=now - HOUR, source="LOG")
    assert note_silence(now=now) == 0, "19 calls show nothing"
    ended(made, ["ANSWERED"], started_at=now - HOUR, source="LOG")
    assert note_silence(now=now) == 1
    (trouble,) = troubles(account=of, now=now)
    assert "No push has come for 20 calls" in trouble.text
    assert "six failed deliveries" in trouble.remedy
    tell_of_missing_results(now=now)
    assert "six failed deliveries" in CampaignNotice.objects.get(kind="RESULTS_MISSING").text
    add(counts={(of.pk, ResultKind.TAKEN): (1, "")}, now=now + SECOND)
    assert note_silence(now=now + SECOND) == 0
    assert not troubles(account=of, now=now + SECOND)[0].is_current
    never_pushed = account(provider="astradial")
    ended(campaign(never_pushed, leads=40), ["NO_ANSWER"] * 40, started_at=now - HOUR, source="LOG")
    note_silence(now=now)
    assert counted(never_pushed) == {}, "click-to-call sends no push at all"


def ended(made: Campaign, outcomes: list[str], *, started_at: datetime, source: str = "PUSH") -> None:
    """Add calls of the campaign that started a second apart, each with its outcome."""
    leads = made.leads.exclude(attempts__isnull=False).order_by("id")
    for n, (lead, outcome) in enumerate(zip(leads, outcomes, strict=False)):
        at = started_at + n * SECOND
        Attempt.objects.create(
            lead=lead, campaign=made, account=made.account, number=lead.number, state="ENDED", outcome=outcome,
            is_burned=True, reserved_at=at, send_at=at, placing_at=at, placed_at=at, deadline_at=at,
            ended_at=at + 30 * SECOND, outcome_source="" if outcome == "LOST" else source,
        )  # fmt: skip


def lost(made: Campaign, *, lost: int, told: int, started_at: datetime = NOON - HOUR) -> None:
    ended(made, ["LOST"] * lost + ["ANSWERED"] * told, started_at=started_at)
    last = Attempt.objects.filter(campaign=made, outcome="LOST").order_by("-id").first()
    if last is not None:  # the last to start is lost as well, so that all of them started together
        Attempt.objects.filter(pk=last.pk).update(placing_at=started_at + (lost + told) * SECOND)


@pytest.mark.parametrize(
    ("lost_calls", "told", "fields", "pauses"),
    [
        (4, 16, {}, True),
        (3, 17, {}, False),
        (19, 0, {}, False),
        (20, 0, {}, True),
        (20, 0, {"pause_lost_percent": None}, False),
        (10, 10, {"pause_lost_percent": 51}, False),
        (20, 0, {"state_changed_at": NOON - HOUR / 2}, False),
        (5, 0, {"pause_minimum_calls": 5}, True),
    ],
)
def test_campaigns_pause_by_the_share_of_calls_that_were_lost(
    lost_calls: int, told: int, fields: dict[str, Any], pauses: bool
) -> None:
    made = campaign(account(), leads=20, **{"pause_share_percent": None, **fields})
    lost(made, lost=lost_calls, told=told)
    assert (watch_campaigns(now=NOON) == [made.pk]) is pauses
    made.refresh_from_db()
    assert made.state == ("PAUSED" if pauses else "RUNNING")
    if pauses:
        assert f"{lost_calls} of {lost_calls + told} calls" in made.state_reason
        assert CampaignNotice.objects.get().kind == "TOO_MANY_LOST"


def test_calls_that_started_since_and_have_their_result_show_that_it_is_over() -> None:
    made = campaign(account(), leads=60, pause_share_percent=None)
    lost(made, lost=20, told=0, started_at=NOON - 2 * HOUR)
    ended(made, ["ANSWERED"] * 20, started_at=NOON - HOUR)
    assert watch_campaigns(now=NOON) == []
