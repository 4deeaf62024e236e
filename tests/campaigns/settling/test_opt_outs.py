"""What results ask for: never to be called again, or to be called back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from campaigns.leads.callbacks import set_callback
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Callback, Campaign, CampaignState, OptOut, SuppressedNumber, SuppressionList
from campaigns.settling.reports import settle
from campaigns.states.campaigns import UnableToOperate
from campaigns.suppression import lift
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, lead_of, numbers, place, set_fleet, taken_numbers

pytestmark = pytest.mark.django_db


def end(**said: Any) -> CallReport:
    return CallReport(phase=Phase.ENDED, outcome=said.pop("outcome", Outcome.ANSWERED), **said)


def heard(attempt_id: int, report: CallReport, *, now: datetime = NOON, event_id: int | None = None) -> None:
    settle(reports=[(attempt_id, report)], now=now, event_ids=[event_id])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"disposition": "Do-Not-Call"}, "disposition: Do-Not-Call"),
        ({"digits": "9"}, "keys pressed: 9"),
        ({"analysis": {"tags": ["interested", "DND"]}}, "tags: DND"),
        ({"analysis": {"user": {"opt_out": True}}}, "flag: opt out"),
    ],
)
def test_an_opt_out_suppresses_the_number_everywhere_with_its_evidence(said: dict[str, Any], words: str) -> None:
    (number,) = numbers(1)
    owner = account()
    first = campaign(owner, leads=[number], opt_out_words=["do not call", "opt out", "dnd", "9"])
    attempt = place(first)
    other = campaign(owner, leads=[number])
    heard(attempt.pk, end(**said), event_id=77)
    kept = OptOut.objects.get()
    assert (kept.attempt_id, kept.number, kept.event_id, kept.words) == (attempt.pk, number, 77, words)
    assert SuppressedNumber.objects.get(number=number).suppression_list.name == "Opted out"
    assert taken_numbers(claimed(owner)) == []
    assert other.leads.get().state == "SUPPRESSED"


@pytest.mark.parametrize(
    "said",
    [
        {"disposition": "NOT_DND"},
        {"disposition": "interested"},
        {"analysis": {"summary": "She said: do not call my husband, call me.", "opt_out": False}},
        {"digits": "1"},
        {"analysis": {"digits": "99"}},
    ],
)
def test_what_is_no_opt_out_suppresses_nobody(said: dict[str, Any]) -> None:
    attempt = place(campaign(account(), leads=1, opt_out_words=["dnd", "do not call", "opt out", "9"]))
    heard(attempt.pk, end(**said))
    assert not OptOut.objects.exists()
    assert not SuppressedNumber.objects.exists()


def test_an_opt_out_that_comes_after_the_end_counts_and_repeated_it_does_not_undo_a_manager() -> None:
    attempt = place(campaign(account(), leads=1))
    heard(attempt.pk, end())
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, analysis={"disposition": "Unsubscribe"})
    heard(attempt.pk, report)
    assert SuppressedNumber.objects.get().number == attempt.number
    lift(numbers=[attempt.number], suppression_list=SuppressionList.objects.get(), now=NOON)
    heard(attempt.pk, report)
    assert not SuppressedNumber.objects.exists()


def test_a_result_that_names_a_time_makes_a_callback_at_the_first_permitted_instant_from_then_on() -> None:
    made = campaign(account(), leads=1, time_zone="Asia/Kolkata", window_opens=time(9), window_closes=time(19))
    attempt = place(made)
    heard(attempt.pk, end(disposition="call back", analysis={"callback_time": "2026-03-02T22:00"}))
    lead = lead_of(attempt)
    assert (lead.state, lead.rank, lead.ended_at) == ("PENDING", 5, None)
    assert lead.next_attempt_at == datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    assert made.state == CampaignState.RUNNING


def test_a_callback_without_a_time_waits_and_a_later_report_may_name_the_time_once() -> None:
    attempt = place(campaign(account(), leads=1, callback_after_seconds=1800))
    heard(attempt.pk, end(disposition="callback"))
    assert lead_of(attempt).next_attempt_at == NOON + timedelta(minutes=30)
    timed = {"tags": ["callback"], "callback_at": (NOON + timedelta(hours=3)).isoformat()}
    for _ in range(2):
        heard(attempt.pk, end(analysis=timed))
    assert lead_of(attempt).next_attempt_at == NOON + timedelta(hours=3)
    heard(attempt.pk, end(analysis={**timed, "callback_at": (NOON + timedelta(hours=4)).isoformat()}))
    assert lead_of(attempt).next_attempt_at == NOON + timedelta(hours=3)
    assert Callback.objects.count() == 1


def test_who_opts_out_is_not_called_back() -> None:
    attempt = place(campaign(account(), leads=1))
    heard(attempt.pk, end(disposition="do not call", analysis={"tags": ["callback"]}))
    assert lead_of(attempt).state == "COMPLETED"


def test_a_callback_set_while_the_lead_is_on_the_line_follows_the_call() -> None:
    attempt = place(campaign(account(), leads=1))
    at = NOON + timedelta(hours=2)
    set_callback(lead_id=attempt.lead_id, at=at, note="after lunch", by="olga", now=NOON)
    assert lead_of(attempt).state == "DIALING"
    heard(attempt.pk, end())
    lead = lead_of(attempt)
    assert (lead.state, lead.next_attempt_at, lead.rank, lead.attempts_made) == ("PENDING", at, 5, 1)


def test_a_callback_reopens_a_completed_lead_and_its_completed_campaign() -> None:
    owner = account()
    made = campaign(owner, leads=1)
    attempt = place(made)
    heard(attempt.pk, end())
    turn_campaigns(now=NOON)
    assert Campaign.objects.get().state == "COMPLETED"
    set_callback(lead_id=attempt.lead_id, at=NOON + timedelta(hours=1), by="api", now=NOON)
    assert Campaign.objects.get().state == "RUNNING"
    turn_campaigns(now=NOON)
    assert claimed(owner).reserved == []
    set_fleet(owner, available=1, at=NOON + timedelta(hours=1))
    (call,) = claimed(owner, now=NOON + timedelta(hours=1)).reserved
    assert call.lead.id == attempt.lead_id
    assert lead_of(attempt).callback_at is None


def test_a_callback_that_cannot_be_kept_is_refused() -> None:
    attempt = place(campaign(account(), leads=1, ends_at=NOON + timedelta(hours=1)))
    for at in (NOON - timedelta(days=1), NOON + timedelta(days=91), NOON + timedelta(hours=2)):
        with pytest.raises(UnableToOperate):
            set_callback(lead_id=attempt.lead_id, at=at, by="api", now=NOON)
    Campaign.objects.update(state="STOPPED")
    with pytest.raises(UnableToOperate, match="stopped"):
        set_callback(lead_id=attempt.lead_id, at=NOON + timedelta(minutes=5), by="api", now=NOON)
    assert lead_of(attempt).callback_at is None


def test_callbacks_go_first_then_the_first_pass_then_retries_and_priorities_order_each() -> None:
    owner = account()
    made = campaign(owner, leads=6)
    leads = list(made.leads.order_by("id"))
    for lead, rank in zip(leads, (25, 15, 3, 19, 20, 10), strict=True):
        made.leads.filter(pk=lead.pk).update(rank=rank)
    taken = [claimed(owner, room=1).reserved[0].lead.id for _ in leads]
    assert taken == [leads[place].pk for place in (2, 5, 1, 3, 4, 0)]
