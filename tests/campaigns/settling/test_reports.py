"""Reports in any order, doubled, late: the same final state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Attempt, Campaign, Lead
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, lead_of, place

pytestmark = pytest.mark.django_db

RINGING = CallReport(phase=Phase.RINGING, external_id="theirs")
ANSWERED = CallReport(phase=Phase.ANSWERED, answered_at=NOON)
END = CallReport(
    phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=12.5, disposition="INTERESTED", answered_at=NOON
)
STORY = (RINGING, ANSWERED, END)
FACTS = ("state", "outcome", "is_burned", "talk_seconds", "disposition", "answered_at")
in_transactions = settings(max_examples=30)


def settled(attempt: Attempt, reports: Sequence[CallReport]) -> None:
    settle(reports=[(attempt.pk, report) for report in reports], now=NOON)


def final(attempt: Attempt) -> tuple[Any, ...]:
    attempt.refresh_from_db()
    lead = lead_of(attempt)
    return (*(getattr(attempt, name) for name in FACTS), lead.state, lead.attempts_made, lead.last_outcome)


@given(data=st.data(), state=st.sampled_from(["PLACING", "UNCERTAIN", "PLACED", "RINGING"]))
@in_transactions
def test_reports_in_any_order_and_number_come_to_the_same_end(data: st.DataObject, state: str) -> None:
    attempt = place(campaign(account(), leads=1), state=state)
    order = data.draw(st.permutations(STORY + data.draw(st.sampled_from([(), STORY, (END, END), (RINGING,)]))))
    cuts = data.draw(st.lists(st.integers(1, len(order)), max_size=4))
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(order)], strict=True):
        settled(attempt, order[start:stop])
    expected = ("ENDED", "ANSWERED", True, 12.5, "INTERESTED", NOON, "COMPLETED", 1, "ANSWERED")
    assert final(attempt) == expected


def test_a_report_moves_an_attempt_forward_only() -> None:
    attempt = place(campaign(account(), leads=1))
    settled(attempt, [ANSWERED])
    settled(attempt, [RINGING])
    attempt.refresh_from_db()
    assert attempt.state == "ANSWERED"


@pytest.mark.parametrize(
    ("outcome", "state"), [("ANSWERED", "COMPLETED"), ("BUSY", "PENDING"), ("CANCELED", "EXHAUSTED")]
)
def test_the_outcome_decides_what_becomes_of_the_lead(outcome: str, state: str) -> None:
    attempt = place(campaign(account(), leads=1))
    settled(attempt, [CallReport(phase=Phase.ENDED, outcome=Outcome(outcome))])
    lead = lead_of(attempt)
    assert (lead.state, lead.attempts_made, lead.last_outcome) == (state, 1, outcome)
    assert lead.state != "PENDING" or lead.next_attempt_at == NOON + timedelta(seconds=900)


def lost(attempt: Attempt) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=NOON - timedelta(seconds=1))
    reconcile(now=NOON)
    attempt.refresh_from_db()
    assert attempt.outcome == "LOST"


def test_a_late_word_of_the_provider_corrects_lost() -> None:
    attempt = place(campaign(account(), leads=1))
    lost(attempt)
    assert lead_of(attempt).state == "EXHAUSTED"
    settled(attempt, [END])
    assert final(attempt)[:2] == ("ENDED", "ANSWERED")
    lead = lead_of(attempt)
    assert (lead.state, lead.last_outcome, lead.attempts_made) == ("COMPLETED", "ANSWERED", 1)


def test_a_late_word_frees_a_lead_that_waits_to_be_called_again() -> None:
    made = campaign(account(), leads=1, retry_rules={"LOST": 60})
    attempt = place(made)
    lost(attempt)
    assert lead_of(attempt).state == "PENDING"
    settled(attempt, [END])
    assert lead_of(attempt).state == "COMPLETED"


def test_a_late_word_completes_a_lead_of_a_stopped_campaign_too() -> None:
    made = campaign(account(), leads=1)
    attempt = place(made)
    Campaign.objects.filter(pk=made.pk).update(state="STOPPED")
    lost(attempt)
    assert lead_of(attempt).state == "CANCELED"
    settled(attempt, [END])
    lead = lead_of(attempt)
    assert (lead.state, lead.last_outcome) == ("COMPLETED", "ANSWERED")


def test_a_late_word_of_an_earlier_attempt_leaves_a_later_one_alone() -> None:
    made = campaign(account(), leads=1, retry_rules={"LOST": 0})
    first = place(made)
    lost(first)
    second = place(made, now=NOON + timedelta(seconds=1))
    settled(first, [END])
    second.refresh_from_db()
    assert (second.state, lead_of(second).state) == ("PLACED", "DIALING")


def test_a_second_end_does_not_overrule_the_first() -> None:
    attempt = place(campaign(account(), leads=1))
    settled(attempt, [CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)])
    settled(attempt, [END])
    attempt.refresh_from_db()
    assert attempt.outcome == "BUSY"


def test_facts_add_up_and_nothing_known_is_taken_away() -> None:
    attempt = place(campaign(account(), leads=1))
    settled(attempt, [END])
    settled(attempt, [CallReport(phase=Phase.UNKNOWN, recording_url="https://r/1", disposition="", talk_seconds=None)])
    attempt.refresh_from_db()
    assert (attempt.recording_url, attempt.disposition, attempt.talk_seconds) == ("https://r/1", "INTERESTED", 12.5)


def test_the_account_of_a_freed_slot_is_named() -> None:
    attempt = place(campaign(account(), leads=1))
    assert settle(reports=[(attempt.pk, RINGING)], now=NOON) == set()
    assert settle(reports=[(attempt.pk, END)], now=NOON) == {attempt.account_id}
    assert settle(reports=[(attempt.pk, END)], now=NOON) == set()
    assert Lead.objects.get().attempts_made == 1
