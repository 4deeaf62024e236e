"""What somebody decides of words that may refuse calls: once, remembered, and with what follows for waiting leads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from campaigns.calls.participants import UnableToJoin, add_participant
from campaigns.calls.possible_opt_outs import UnableToDecide, decide, waiting_count
from campaigns.models import (
    Attempt,
    FeedEntry,
    Lead,
    OptOut,
    OptOutDecision,
    PossibleOptOut,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.settling.reports import settle
from campaigns.suppression import lift
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, agent, campaign, claimed, place, set_fleet, taken_numbers

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
OPT_OUT, UNTIL, NOT = OptOutDecision.OPT_OUT, OptOutDecision.OPT_OUT_UNTIL, OptOutDecision.NOT_OPT_OUT


def said(attempt: Attempt, *sentences: str) -> None:
    for sentence in sentences:
        report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition=sentence)
        settle(reports=[(attempt.pk, report)], now=NOON)


@pytest.fixture
def waiting() -> Lead:
    """A lead of another campaign that waits, as a call to its number left a doubt."""
    attempt = place(campaign(account(), leads=1))
    said(attempt, "do not call me at the office")
    other = campaign(account(), leads=[attempt.number])
    claimed(other.account)
    lead = other.leads.get()
    assert lead.next_attempt_at > NOON
    return lead


def decided(decision: OptOutDecision, *, until: datetime | None = None) -> PossibleOptOut:
    doubt = PossibleOptOut.objects.get()
    found = decide(ids=[doubt.pk], decision=decision, until=until, by="olga", now=NOON)
    assert (found.decided, found.earlier) == ([doubt.pk], [])
    doubt.refresh_from_db()
    assert (doubt.decision, doubt.decided_by, doubt.decided_at, doubt.until) == (decision, "olga", NOON, until)
    return doubt


def test_no_opt_out_lets_the_lead_be_called_at_once(waiting: Lead) -> None:
    decided(NOT)
    assert not SuppressedNumber.objects.exists()
    assert taken_numbers(claimed(waiting.campaign.account)) == [waiting.number]


def test_an_opt_out_suppresses_as_one_that_was_heard_clearly(waiting: Lead) -> None:
    doubt = decided(OPT_OUT)
    kept = OptOut.objects.get()
    assert (kept.attempt_id, kept.number, kept.words) == (
        doubt.attempt_id,
        waiting.number,
        "disposition: do not call me at the office",
    )
    entry = SuppressedNumber.objects.get()
    assert (entry.suppression_list.name, entry.until) == ("Opted out", None)
    assert FeedEntry.objects.filter(kind="OPT_OUT", attempt_id=doubt.attempt_id).count() == 1
    assert taken_numbers(claimed(waiting.campaign.account)) == []
    waiting.refresh_from_db()
    assert waiting.state == "SUPPRESSED"


def test_an_opt_out_until_a_date_makes_the_lead_wait_for_it(waiting: Lead) -> None:
    until = NOON + 30 * 24 * HOUR
    decided(UNTIL, until=until)
    assert SuppressedNumber.objects.get().until == until
    assert taken_numbers(claimed(waiting.campaign.account)) == []
    waiting.refresh_from_db()
    assert (waiting.state, waiting.next_attempt_at) == ("PENDING", until)


def test_a_date_never_shortens_what_is_suppressed_for_longer(waiting: Lead) -> None:
    longer = NOON + 90 * 24 * HOUR
    held = SuppressionList.objects.create(name="Opted out", applies_to_all=True)
    SuppressedNumber.objects.create(suppression_list=held, number=waiting.number, until=longer)
    decided(UNTIL, until=NOON + HOUR)
    assert SuppressedNumber.objects.get().until == longer


def test_a_lead_that_waited_for_days_is_brought_forward(waiting: Lead) -> None:
    owner = waiting.campaign.account
    for hours in range(1, 4):
        set_fleet(owner, available=9, at=NOON + hours * HOUR)
        claimed(owner, now=NOON + hours * HOUR)
    later = NOON + 3.5 * HOUR
    decide(ids=[PossibleOptOut.objects.get().pk], decision=NOT, by="olga", now=later)
    set_fleet(owner, available=9, at=later)
    assert taken_numbers(claimed(owner, now=later)) == [waiting.number]


def test_a_number_stays_held_while_another_sentence_waits(waiting: Lead) -> None:
    attempt = PossibleOptOut.objects.get().attempt
    said(attempt, "his wife says do not call")
    first, second = PossibleOptOut.objects.order_by("id")
    decide(ids=[first.pk], decision=NOT, by="olga", now=NOON)
    assert taken_numbers(claimed(waiting.campaign.account)) == []
    decide(ids=[second.pk], decision=NOT, by="olga", now=NOON)
    assert taken_numbers(claimed(waiting.campaign.account)) == [waiting.number]


def test_an_opt_out_decides_what_else_is_open_about_the_number(waiting: Lead) -> None:
    attempt = PossibleOptOut.objects.get().attempt
    said(attempt, "his wife says do not call")
    first, second = PossibleOptOut.objects.order_by("id")
    found = decide(ids=[second.pk], decision=OPT_OUT, by="olga", now=NOON)
    assert found.decided == [first.pk, second.pk]
    assert waiting_count() == 0


def test_what_is_decided_stays_and_its_repetition_asks_nobody_again(waiting: Lead) -> None:
    doubt = decided(NOT)
    found = decide(ids=[doubt.pk], decision=OPT_OUT, by="igor", now=NOON + HOUR)
    assert (found.decided, found.earlier) == ([], [doubt])
    assert "Not an opt-out, by olga" in found.earlier_said[0]
    assert not SuppressedNumber.objects.exists()
    said(doubt.attempt, "do not call me at the office")
    assert PossibleOptOut.objects.count() == 1
    assert taken_numbers(claimed(waiting.campaign.account)) == [waiting.number]


def test_who_lifts_a_decided_opt_out_is_not_undone_by_a_repetition(waiting: Lead) -> None:
    doubt = decided(OPT_OUT)
    lift(numbers=[waiting.number], suppression_list=SuppressionList.objects.get(), now=NOON)
    said(doubt.attempt, "do not call me at the office", "never call again")
    assert not SuppressedNumber.objects.exists()
    assert waiting_count() == 0


def test_many_are_decided_at_once_and_counted(waiting: Lead) -> None:
    owner = account()
    made = campaign(owner, leads=3)
    for _ in range(3):
        said(place(made), "do not call me this month")
    assert (waiting_count(), waiting_count(campaign_id=made.pk)) == (4, 3)
    ids = list(PossibleOptOut.objects.filter(campaign=made).values_list("pk", flat=True))
    assert decide(ids=ids, decision=OPT_OUT, by="olga", now=NOON).decided == sorted(ids)
    assert SuppressedNumber.objects.count() == 3
    assert waiting_count() == 1


@pytest.mark.parametrize(
    ("decision", "until", "field"),
    [(UNTIL, None, "until"), (UNTIL, NOON, "until"), (OPT_OUT, NOON + HOUR, "until")],
)
def test_a_decision_that_makes_no_sense_is_refused(
    waiting: Lead, decision: OptOutDecision, until: datetime | None, field: str
) -> None:
    doubt = PossibleOptOut.objects.get()
    with pytest.raises(UnableToDecide) as caught:
        decide(ids=[doubt.pk], decision=decision, until=until, by="olga", now=NOON)
    assert caught.value.field == field
    assert waiting_count() == 1


@pytest.mark.parametrize("ids", [[], [987654321], list(range(1, 1002))])
def test_what_cannot_be_chosen_is_refused(waiting: Lead, ids: list[int]) -> None:
    with pytest.raises(UnableToDecide) as caught:
        decide(ids=ids, decision=NOT, by="olga", now=NOON)
    assert caught.value.field == "ids"


@pytest.mark.django_db(transaction=True)
def test_of_many_that_decide_at_one_time_one_does() -> None:
    attempt = place(campaign(account(), leads=1))
    said(attempt, "do not call me at the office")
    pk = PossibleOptOut.objects.get().pk
    start, found = threading.Barrier(6), []

    def click(decision: OptOutDecision, by: str) -> None:
        try:
            start.wait()
            found.append(decide(ids=[pk], decision=decision, by=by, now=datetime.now(UTC)).decided)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click, args=((OPT_OUT, NOT)[n % 2], f"user {n}")) for n in range(6)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert sorted(map(len, found)) == [0, 0, 0, 0, 0, 1]
    doubt = PossibleOptOut.objects.get()
    assert SuppressedNumber.objects.count() == OptOut.objects.count() == (1 if doubt.decision == OPT_OUT else 0)


@pytest.mark.django_db(transaction=True)
def test_decisions_and_calls_that_say_more_end_without_waiting_for_each_other() -> None:
    owner = account()
    made = campaign(owner, leads=8)
    attempts = [place(made) for _ in range(8)]
    for attempt in attempts:
        said(attempt, "do not call me at the office")
    ids = list(PossibleOptOut.objects.values_list("pk", flat=True))
    start, failed = threading.Barrier(3), list[BaseException]()

    def run(what: object) -> None:
        try:
            start.wait()
            what()  # type: ignore[operator]
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    def hear_more() -> None:
        reports = [
            (one.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, analysis={"note": "never call again"}))
            for one in reversed(attempts)
        ]
        settle(reports=reports, now=NOON)

    def decide_all() -> None:
        decide(ids=ids, decision=OPT_OUT, by="olga", now=NOON)

    threads = [threading.Thread(target=run, args=(what,)) for what in (hear_more, decide_all, decide_all)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert waiting_count() == 0
    assert SuppressedNumber.objects.count() == OptOut.objects.count() == 8


def test_a_held_number_is_not_rung_into_a_call_either(waiting: Lead) -> None:
    owner = account(provider="intellicall")
    attempt = place(campaign(owner, leads=1, agents=[agent(owner)]))
    Attempt.objects.filter(pk=attempt.pk).update(external_id="x-1")
    attempt.refresh_from_db()
    with pytest.raises(UnableToJoin, match="held"):
        add_participant(attempt=attempt, number=waiting.number, by="olga", now=NOON)
