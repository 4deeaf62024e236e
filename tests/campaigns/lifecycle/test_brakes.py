"""Campaigns pause by themselves when too much fails, and say which calls showed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from campaigns.claiming.fleet import keep_reading
from campaigns.explaining.progress import campaign_progress
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.operations import pause_campaign, resume_campaign
from campaigns.models import Approval, Attempt, CallTemplate, Campaign, CampaignNotice, Lead
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from campaigns.states.campaigns import UnableToOperate
from dialer.models import AccountGate
from dialer.providers.base import Capacity, Refusal, Refused
from tests.admin.conftest import owner
from tests.campaigns.world import NOON, account, campaign, claimed, place

__all__ = ["owner"]

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def calls(made: Campaign, *, failed: int, answered: int, **fields: Any) -> None:
    """Add calls that ended a minute before noon."""
    for lead, outcome in zip(made.leads.order_by("id"), ["FAILED"] * failed + ["ANSWERED"] * answered, strict=False):
        ended = {"state": "ENDED", "outcome": outcome, "is_burned": True, "ended_at": NOON - 60 * SECOND}
        common = {"reserved_at": NOON, "send_at": NOON, "deadline_at": NOON, "placing_at": NOON - 70 * SECOND}
        Attempt.objects.create(
            lead=lead, campaign=made, account=made.account, number=lead.number, **{**common, **ended, **fields}
        )


def test_half_of_the_calls_failing_pauses_with_the_calls_that_showed_it() -> None:
    made = campaign(account(), leads=20)
    calls(made, failed=10, answered=10)
    assert watch_campaigns(now=NOON) == [made.pk]
    made.refresh_from_db()
    failed = list(Attempt.objects.filter(outcome="FAILED").order_by("-id").values_list("id", flat=True))
    assert made.state == "PAUSED"
    assert "10 of the 20 calls that started within 120 s (50 %)" in made.state_reason
    assert f"#{failed[0]}" in made.state_reason
    notice = CampaignNotice.objects.get()
    assert (notice.kind, notice.attempt_ids, notice.campaign_id) == ("TOO_MANY_FAILURES", failed, made.pk)
    assert claimed(made.account).reserved == []
    assert watch_campaigns(now=NOON) == []


@pytest.mark.parametrize(
    ("failed", "answered", "campaign_fields", "call_fields"),
    [
        (9, 11, {}, {}),
        (19, 0, {}, {}),
        (20, 0, {"pause_share_percent": None}, {}),
        (20, 0, {"pause_window_seconds": 30}, {}),
        (20, 0, {}, {"is_burned": False, "outcome": "REFUSED"}),
    ],
    ids=["fewer than half", "too few calls", "switched off", "long ago", "no capacity"],
)
def test_what_is_no_sign_of_trouble_does_not_pause(
    failed: int, answered: int, campaign_fields: dict[str, Any], call_fields: dict[str, Any]
) -> None:
    made = campaign(account(), leads=20, **campaign_fields)
    calls(made, failed=failed, answered=answered, **call_fields)
    assert watch_campaigns(now=NOON) == []


def test_slow_failures_of_a_tail_are_counted_with_the_calls_that_started_beside_them() -> None:
    made = campaign(account(), leads=61)
    # Started together an hour ago: 39 were over at once, and 21 fail only now.
    hour = NOON - timedelta(hours=1)
    calls(made, failed=0, answered=39, placing_at=hour, ended_at=hour + 30 * SECOND)
    slow = made.leads.order_by("-id")[:21]
    values = {"reserved_at": hour, "send_at": hour, "deadline_at": NOON, "placing_at": hour + SECOND}
    for lead in slow:
        ended = {"state": "ENDED", "outcome": "LOST", "is_burned": True, "ended_at": NOON - 5 * SECOND}
        Attempt.objects.create(lead=lead, campaign=made, account=made.account, number=lead.number, **values, **ended)
    Campaign.objects.update(pause_lost_percent=None)
    assert watch_campaigns(now=NOON) == []
    Attempt.objects.filter(outcome="ANSWERED").update(placing_at=hour - 600 * SECOND)
    assert watch_campaigns(now=NOON) == [made.pk], "those that started with them all failed"


def test_failures_are_over_when_later_calls_go_well_and_talking_ones_are_no_failures() -> None:
    made = campaign(account(), leads=80)
    calls(made, failed=20, answered=0)
    later = made.leads.order_by("-id")[:20]
    times = {"reserved_at": NOON, "send_at": NOON, "deadline_at": NOON, "placing_at": NOON - 40 * SECOND}
    for lead in later:
        Attempt.objects.create(
            lead=lead, campaign=made, account=made.account, number=lead.number, state="ANSWERED", **times
        )
    Attempt.objects.filter(state="ANSWERED").update(placing_at=NOON - 75 * SECOND)
    Campaign.objects.update(pause_share_percent=51)
    assert watch_campaigns(now=NOON) == [], "half of those that started together talk"
    Campaign.objects.update(pause_share_percent=50)
    Attempt.objects.filter(state="ANSWERED").update(
        state="ENDED", outcome="ANSWERED", is_burned=True, placing_at=NOON - 40 * SECOND, ended_at=NOON
    )
    assert watch_campaigns(now=NOON) == [], "as many went well since"


def test_a_campaign_that_paused_itself_with_nobody_left_is_completed_and_one_that_a_person_paused_is_not() -> None:
    owner = account()
    stormy, held, waiting = (campaign(owner, leads=20) for _ in range(3))
    for made in (stormy, waiting):
        calls(made, failed=20, answered=0)
    Lead.objects.exclude(campaign=waiting).update(state="EXHAUSTED", ended_at=NOON)
    pause_campaign(campaign_id=held.pk, now=NOON, by="olga")
    assert sorted(watch_campaigns(now=NOON)) == [stormy.pk, waiting.pk]
    assert turn_campaigns(now=NOON)["completed"] == 1
    states = dict(Campaign.objects.values_list("pk", "state"))
    assert states == {stormy.pk: "COMPLETED", held.pk: "PAUSED", waiting.pk: "PAUSED"}
    progress = campaign_progress([stormy.pk], now=NOON)[stormy.pk]
    assert (progress.calls_without_result, progress.attempts_by_outcome) == (0, {"FAILED": 20})
    some = list(Attempt.objects.filter(campaign=stormy).values_list("pk", flat=True))
    Attempt.objects.filter(pk__in=some[:3]).update(outcome="LOST")
    Attempt.objects.filter(pk__in=some[3:5]).update(outcome="UNCERTAIN")
    Attempt.objects.filter(pk__in=some[5:6]).update(state="UNCERTAIN", outcome=None, ended_at=None, is_burned=None)
    assert campaign_progress([stormy.pk], now=NOON)[stormy.pk].calls_without_result == 6


def test_uncertain_calls_count_while_they_are_live() -> None:
    made = campaign(account(), leads=20)
    calls(made, failed=20, answered=0, state="UNCERTAIN", outcome=None, is_burned=None, ended_at=None)
    assert watch_campaigns(now=NOON) == [made.pk]


def test_the_calls_that_paused_it_once_do_not_pause_it_again_after_a_resume() -> None:
    made = campaign(account(), leads=21)
    calls(made, failed=20, answered=0)
    assert watch_campaigns(now=NOON) == [made.pk]
    resume_campaign(campaign_id=made.pk, now=NOON + SECOND, by="olga")
    assert watch_campaigns(now=NOON + 2 * SECOND) == []


def test_a_template_that_lost_its_approval_pauses() -> None:
    made = campaign(account())
    attempt = place(made)
    made.template.approval = Approval.REJECTED
    made.template.save()
    assert watch_campaigns(now=NOON) == [made.pk]
    notice = CampaignNotice.objects.get()
    assert (notice.kind, notice.attempt_ids) == ("TEMPLATE_NOT_APPROVED", [attempt.pk])


def test_a_template_that_can_no_longer_be_used_pauses_its_campaign_and_no_other() -> None:
    owner = account()
    odd, other = campaign(owner, leads=3), campaign(owner, leads=3)
    CallTemplate.objects.filter(pk=odd.template_id).update(action="DANCE")
    assert {call.campaign.id for call in claimed(owner).reserved} == {other.pk}
    assert watch_campaigns(now=NOON) == [odd.pk]
    assert "VoxCore cannot do DANCE" in Campaign.objects.get(pk=odd.pk).state_reason
    with pytest.raises(UnableToOperate, match="VoxCore cannot do DANCE"):
        resume_campaign(campaign_id=odd.pk, now=NOON, by="olga")


def test_a_fleet_that_is_gone_for_long_pauses_and_one_that_nobody_asked_does_not() -> None:
    made = campaign(account(), state_changed_at=NOON)
    for minute in range(17):
        at = NOON + timedelta(minutes=minute / 1.01)
        keep_reading(account_id=made.account_id, asked_at=at, found="cannot be reached", now=at)
        paused = watch_campaigns(now=at)
        assert paused == ([made.pk] if minute == 16 else [])
    assert CampaignNotice.objects.get().kind == "FLEET_GONE"
    Campaign.objects.update(state="RUNNING")
    later = NOON + timedelta(hours=3)
    assert watch_campaigns(now=later) == []
    keep_reading(account_id=made.account_id, asked_at=later, found="cannot be reached", now=later)
    assert watch_campaigns(now=later) == []
    keep_reading(account_id=made.account_id, asked_at=later + SECOND, found=Capacity(available=1, maximum=1), now=later)
    assert AccountGate.objects.get(account=made.account).fleet_failing_since is None


def test_a_rejected_account_leaves_a_notice() -> None:
    made = campaign(account())
    attempt = place(made, state="PLACING")
    refused = Refused(reason=Refusal.CREDENTIALS, detail="HTTP 401")
    placed = Placed(
        attempt_id=attempt.pk, account_id=made.account_id, campaign_id=made.pk, result=refused, was_crowded=False
    )
    record(results=[placed], now=NOON)
    notice = CampaignNotice.objects.get()
    assert (notice.kind, notice.attempt_ids) == ("ACCOUNT_REJECTED", [attempt.pk])
    assert Campaign.objects.get().state == "PAUSED"


@pytest.mark.parametrize(("abandoned", "state"), [(1, "RUNNING"), (2, "PAUSED")])
def test_the_abandon_brake_pauses_above_its_share_of_answered_calls(abandoned: int, state: str) -> None:
    made = campaign(account(), leads=40, abandon_share_percent=3)
    calls(made, failed=0, answered=40, talk_seconds=30.0)
    without = Attempt.objects.order_by("id").values_list("id", flat=True)[:abandoned]
    Attempt.objects.filter(pk__in=list(without)).update(talk_seconds=0.0)
    watch_campaigns(now=NOON)
    assert Campaign.objects.get().state == state
    assert CampaignNotice.objects.filter(kind="TOO_MANY_ABANDONED").count() == int(state == "PAUSED")


def test_a_brake_that_would_never_see_an_abandoned_call_is_refused() -> None:
    made = campaign(account(), abandon_share_percent=3)
    made.full_clean()
    blind = campaign(account(provider="ivrsolutions", fleet=None), abandon_share_percent=3)
    with pytest.raises(ValidationError, match="tells neither talk time nor dispositions"):
        blind.full_clean()


def test_a_notice_in_the_admin_leads_to_the_calls_that_showed_it(owner: Client) -> None:
    made = campaign(account(), leads=20)
    calls(made, failed=20, answered=0)
    watch_campaigns(now=NOON)
    notice = CampaignNotice.objects.get()
    page = owner.get(f"/admin/campaigns/campaignnotice/{notice.pk}/change/").content.decode()
    assert len(notice.attempt_ids) == 20
    for pk in notice.attempt_ids:
        assert f'href="/admin/campaigns/attempt/{pk}/change/"' in page
