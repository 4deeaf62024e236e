"""Refusals that results, notes and transcripts say: clear ones suppress, doubtful ones hold, for every campaign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.calls.notes import write_note
from campaigns.claiming.suppressed import HELD_REASON
from campaigns.explaining.checks import Limit, Mends
from campaigns.explaining.preflight import preflight
from campaigns.explaining.progress import campaign_progress
from campaigns.explaining.proving import record_of
from campaigns.explaining.why_not_now import Effect, explain_lead
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, CampaignNotice, FeedEntry, OptOut, PossibleOptOut, Skip, SuppressedNumber
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, lead_of, numbers, place, set_fleet, taken_numbers

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def end(**said: Any) -> CallReport:
    return CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, **said)


def heard(attempt: Attempt, report: CallReport, *, event_id: int | None = None) -> None:
    settle(reports=[(attempt.pk, report)], now=NOON, event_ids=[event_id])


def doubtful(*, said: str = "do not call me at the office", **fields: Any) -> Attempt:
    """Return an ended call in which somebody said what only a person can judge."""
    attempt = place(campaign(account(), leads=1, **fields))
    heard(attempt, end(disposition=said), event_id=77)
    return attempt


@pytest.mark.parametrize(
    "said",
    [
        {"disposition": "Customer was rude and said never call again"},
        {"disposition": "दोबारा कॉल मत करना"},
        {"disposition": "doNotCall"},
        {"analysis": {"remarks": "cust told us not to call again"}},
        {"transcript": [{"speaker": "bot", "text": "Hello"}, {"speaker": "user", "text": "Stop calling me!"}]},
        {"digits": "9 (stop calls)"},
    ],
)
def test_a_refusal_in_a_sentence_suppresses_the_number_everywhere(said: dict[str, Any]) -> None:
    attempt = place(campaign(account(), leads=1))
    heard(attempt, end(**said), event_id=5)
    kept = OptOut.objects.get()
    assert (kept.attempt_id, kept.number, kept.event_id) == (attempt.pk, attempt.number, 5)
    assert SuppressedNumber.objects.get().number == attempt.number
    assert not PossibleOptOut.objects.exists()
    assert FeedEntry.objects.filter(kind="OPT_OUT", attempt=attempt).count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"disposition": "do not call before six"},
        {"disposition": "कल मत करो"},
        {"disposition": "No Contact"},
        {"transcript": [{"speaker": "bot", "text": "Say stop calling and we stop."}]},
        {"analysis": {"opt_out_offered": True, "summary": "Pays on Friday."}},
    ],
)
def test_what_refuses_nothing_holds_nobody(said: dict[str, Any]) -> None:
    attempt = place(campaign(account(), leads=1))
    heard(attempt, end(**said))
    assert not OptOut.objects.exists()
    assert not PossibleOptOut.objects.exists()


def test_a_campaign_may_hear_its_own_words_only() -> None:
    attempt = place(campaign(account(), leads=1, hear_refusals=False))
    heard(attempt, end(disposition="never call me again", transcript="never call me again"))
    assert not OptOut.objects.exists()
    assert not PossibleOptOut.objects.exists()


def test_a_doubtful_word_is_kept_with_its_reason_and_told_once_a_campaign() -> None:
    attempt = doubtful()
    kept = PossibleOptOut.objects.get()
    assert (kept.attempt_id, kept.number, kept.event_id) == (attempt.pk, attempt.number, 77)
    assert (kept.said, kept.heard_in, kept.why, kept.words) == (
        "do not call me at the office",
        "disposition",
        "LIMITED",
        "at the office",
    )
    assert not SuppressedNumber.objects.exists()
    heard(attempt, end(disposition="do not call me at the office"))
    heard(attempt, end(disposition="his wife says do not call"))
    assert PossibleOptOut.objects.count() == 2
    notice = CampaignNotice.objects.get()
    assert (notice.kind, notice.attempt_ids) == ("TO_DECIDE", [attempt.pk])
    assert attempt.number not in notice.text


def test_a_held_number_is_called_by_no_campaign_and_says_why() -> None:
    attempt = doubtful()
    other = campaign(account(), leads=[attempt.number, *numbers(1)])
    held, free = other.leads.order_by("id")
    assert taken_numbers(claimed(other.account)) == [free.number]
    held.refresh_from_db()
    assert (held.state, held.state_reason, held.next_attempt_at) == ("PENDING", HELD_REASON, NOON + HOUR)
    assert (Skip.objects.get().rule, Skip.objects.get().lead_id) == ("HELD", held.pk)
    set_fleet(other.account, available=9, at=NOON + HOUR)
    explained = explain_lead(lead_id=held.pk, now=NOON + HOUR)
    assert explained is not None
    assert explained.decided_by is not None
    assert (explained.effect, explained.decided_by.limit, explained.decided_by.mends) == (
        Effect.PUT_OFF,
        Limit.HELD,
        Mends.PERSON,
    )
    assert "do not call me at the office" in explained.said
    assert explained.next_at is None


def test_a_held_lead_is_looked_at_each_hour_within_its_hours_and_adds_no_second_skip() -> None:
    attempt = doubtful()
    other = campaign(account(), leads=[attempt.number])
    for hours in range(3):
        set_fleet(other.account, available=9, at=NOON + hours * HOUR)
        assert taken_numbers(claimed(other.account, now=NOON + hours * HOUR)) == []
        assert other.leads.get().next_attempt_at == NOON + (hours + 1) * HOUR
    assert Skip.objects.count() == 1


def test_a_campaign_with_held_leads_stays_open_and_says_what_it_waits_for() -> None:
    attempt = doubtful()
    other = campaign(account(), leads=[attempt.number])
    claimed(other.account)
    turn_campaigns(now=NOON)
    other.refresh_from_db()
    assert other.state == "RUNNING"
    progress = campaign_progress([other.pk], now=NOON)[other.pk]
    assert progress.leads_held == 1
    assert "decision" in progress.waiting_for


def test_a_preflight_counts_who_must_be_decided_on() -> None:
    attempt = doubtful()
    draft = campaign(account(), leads=[attempt.number, *numbers(2)])
    found = preflight(campaign=draft, now=NOON)
    assert (found.people, found.callable, found.held, found.suppressed) == (3, 3, 1, 0)


def test_the_record_of_a_number_has_what_was_heard() -> None:
    attempt = doubtful()
    [row] = [row for row in record_of(number=attempt.number) if row["kind"] == "POSSIBLE_OPT_OUT"]
    assert "do not call me at the office" in row["detail"]
    assert "To be decided" in row["detail"]


def test_a_clear_word_that_comes_later_decides_the_doubt() -> None:
    attempt = doubtful()
    heard(attempt, end(analysis={"summary": "She said never call again."}))
    kept = PossibleOptOut.objects.get()
    assert (kept.decision, kept.decided_by, kept.decided_at) == ("OPT_OUT", "a call", NOON)
    assert OptOut.objects.get().words == "summary: She said never call again."
    heard(attempt, end(disposition="do not call me at work"))
    assert PossibleOptOut.objects.count() == 1


def test_a_number_that_is_suppressed_for_ever_needs_no_decision() -> None:
    attempt = doubtful()
    heard(attempt, end(analysis={"summary": "She said never call again."}))
    other = place(campaign(account(), leads=1))
    Attempt.objects.filter(pk=other.pk).update(number=attempt.number)
    heard(other, end(disposition="do not call me at work"))
    assert PossibleOptOut.objects.count() == 1


def test_what_an_agent_types_into_a_note_is_heard() -> None:
    attempt = place(campaign(account(provider="altur"), leads=1))
    heard(attempt, end())
    write_note(attempt=attempt, text="Husband says do not call here", by="olga", write_back=False, now=NOON)
    assert PossibleOptOut.objects.get().heard_in == "note"
    write_note(attempt=attempt, text="Asked us to never call again.", by="olga", write_back=False, now=NOON)
    assert OptOut.objects.get().words == "note: Asked us to never call again."
    attempt.refresh_from_db()
    assert attempt.analysis is None


def test_a_doubt_leaves_a_callback_that_was_asked_for_and_keeps_it_back() -> None:
    owner = account()
    attempt = place(campaign(owner, leads=1, callback_words=["call back"]))
    heard(attempt, end(disposition="call back", analysis={"remarks": "do not call this week"}))
    lead = lead_of(attempt)
    assert (lead.state, lead.next_attempt_at) == ("PENDING", NOON + HOUR)
    set_fleet(owner, available=9, at=NOON + HOUR)
    assert taken_numbers(claimed(owner, now=NOON + HOUR)) == []


def test_what_claiming_reads_is_what_nobody_has_decided_and_no_more() -> None:
    attempt = doubtful()
    first = PossibleOptOut.objects.get()
    rows = [
        PossibleOptOut(
            attempt=attempt,
            campaign=attempt.campaign,
            number=f"+9198{place:08}",
            said=f"no {place}",
            why="VAGUE",
            heard_at=NOON,
            decision="NOT_OPT_OUT" if place % 3 else "",
            decided_by="olga" if place % 3 else "",
            decided_at=NOON if place % 3 else None,
        )
        for place in range(6_000)
    ]
    PossibleOptOut.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_possibleoptout")
        cursor.execute(
            "EXPLAIN SELECT number FROM campaigns_possibleoptout WHERE decided_at IS NULL AND number = ANY(%s)",
            [[first.number, "+919800000001"]],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "possible_opt_out_holding" in plan
