"""What a log lacks: who was never rung is called after all, who was rung is not; a late word calls the retry off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from campaigns.explaining.proving import record_of
from campaigns.explaining.why_not_now import explain_lead
from campaigns.models import Attempt, CallTemplate, Campaign, CampaignNotice, Lead
from campaigns.placing.engine import Engine
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from dialer.models import ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.placing.test_engine import engine
from tests.campaigns.world import NOON, account, agent, campaign, claimed, lead_of, numbers, place
from tests.sandbox.carrier import carrier_process, sandbox
from webhooks.absence import note_reading
from webhooks.applying import apply_inbox
from webhooks.log_reading import pull_due
from webhooks.models import LogCursor

__all__ = ["carrier_process", "engine", "sandbox"]

SECOND = timedelta(seconds=1)
ABSENT = {"absent": True, "delays": [1800], "most": 1}
#: By then a call of ``stage`` is over, whenever it was taken.
OVER = NOON + 200 * SECOND
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "astradial": ("CONNECT_TARGET", {"target": "sales", "to_type": "queue"}),
    "ivrsolutions": ("PLAY_FLOW", {"flow_id": "f-1"}),
}


def stage(
    *, leads: int | Sequence[str] = 2, action: str = "CONNECT_TARGET", slug: str = "astradial", **fields: Any
) -> Campaign:
    """Return a campaign of a provider whose log lists every call, calls of 60 s at most."""
    owner = account(provider=slug, max_call_seconds=60, time_zone="Asia/Kolkata")
    made = campaign(owner, leads=leads, max_attempts=3, **fields)
    if action == "CONNECT_AGENT":
        made.agents.set([agent(owner), agent(owner)])
        made.agents.update(kind="EXTENSION")
    options = {} if action == "CONNECT_AGENT" else KINDS[slug][1]
    CallTemplate.objects.filter(pk=made.template_id).update(action=action, options=options)
    return made


def row(number: str, *, at: datetime = NOON) -> CallReport:
    return CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY, to_number="1001", from_number=number, started_at=at)


def known_call(made: Campaign) -> CallReport:
    """Place a call whose end a log tells; return its row."""
    attempt = place(made)
    busy = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY, source="LOG")
    settle(reports=[(attempt.pk, busy)], now=NOON + 60 * SECOND)
    return row(attempt.number)


def read(made: Campaign, *rows: CallReport, at: datetime, is_whole: bool = True) -> None:
    since_at = NOON - 600 * SECOND
    note_reading(account_id=made.account_id, reports=rows, since_at=since_at, asked_at=at, is_whole=is_whole)


def fresh(attempt: Attempt) -> Attempt:
    return Attempt.objects.get(pk=attempt.pk)


def end_as_absent(made: Campaign, *, state: str = "UNCERTAIN") -> Attempt:
    """Return an attempt that ended after two readings of a log that has not got it."""
    listed = known_call(made)
    attempt = place(made, state=state)
    for at in (OVER, OVER + 60 * SECOND):
        read(made, listed, at=at)
    reconcile(now=OVER + 61 * SECOND)
    return fresh(attempt)


@pytest.mark.django_db
def test_a_campaign_that_says_so_calls_again_whom_the_log_has_not_got_and_all_faces_say_why(client: Client) -> None:
    made = stage(retry_rules={"UNCERTAIN": ABSENT})
    listed = known_call(made)
    attempt = place(made, state="UNCERTAIN")
    lead = lead_of(attempt)
    read(made, listed, at=OVER)
    reconcile(now=OVER + SECOND)
    assert fresh(attempt).state == "UNCERTAIN", "it waits for the log to be read again"
    explained = explain_lead(lead_id=lead.pk, now=OVER)
    assert explained is not None
    assert "waits for the log to be read past 2026-03-02 12:0" in explained.said
    read(made, listed, at=OVER + SECOND)
    assert fresh(attempt).absent_at is None, "two readings at once are one"
    read(made, listed, at=OVER + 60 * SECOND)
    reconcile(now=OVER + 61 * SECOND)
    ended, lead = fresh(attempt), lead_of(attempt)
    words = "Not in the log read until 2026-03-02 12:04:20 UTC, twice"
    assert (ended.outcome, ended.absence) == ("UNCERTAIN", words)
    assert (lead.state, lead.state_reason, lead.next_attempt_at) == ("PENDING", words, NOON + 1800 * SECOND)
    client.force_login(get_user_model().objects.create_superuser("olga", password="x" * 20))
    assert words in client.get(f"/admin/campaigns/attempt/{attempt.pk}/change/").content.decode()
    assert client.get(f"/api/v1/attempts/{attempt.pk}/").json()["absence"] == words
    assert any(words in one["detail"] for one in record_of(number=attempt.number))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "rows", ["cut short", "none of ours", "a row that may be it", "a push that may be it"], ids=lambda name: name
)
def test_nothing_is_concluded_where_the_log_does_not_show_it_and_the_call_ends_as_ever(rows: str) -> None:
    made = stage(retry_rules={"UNCERTAIN": ABSENT})
    listed = known_call(made)
    attempt = place(made, state="UNCERTAIN")
    if rows == "a push that may be it":
        made.account.events.create(body=b"{}", state="UNMATCHED", report=[{"to_number": attempt.number[-10:]}])
    found = {"none of ours": (), "a row that may be it": (listed, row(attempt.number[-10:]))}.get(rows, (listed,))
    for at in (OVER, OVER + 60 * SECOND):
        read(made, *found, at=at, is_whole=rows != "cut short")
    reconcile(now=OVER + 600 * SECOND)
    ended, lead = fresh(attempt), lead_of(attempt)
    assert (ended.outcome, ended.absence) == ("UNCERTAIN", "")
    assert lead.state == "EXHAUSTED"
    assert "the log has not shown" in lead.state_reason


@pytest.mark.django_db
def test_a_late_row_calls_the_retry_off_and_counts_as_what_it_says() -> None:
    made = stage(leads=3, retry_rules={"UNCERTAIN": ABSENT, "BUSY": 7200})
    attempt = end_as_absent(made)
    busy = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY, source="LOG")
    settle(reports=[(attempt.pk, busy)], now=OVER + 90 * SECOND)
    ended, lead = fresh(attempt), lead_of(attempt)
    assert (ended.outcome, ended.outcome_source) == ("BUSY", "LOG")
    assert (lead.state, lead.next_attempt_at, lead.attempts_made) == ("PENDING", NOON + 7200 * SECOND, 1)
    assert ended.disagreement.startswith("LOG says BUSY; Not in the log read until")
    assert ended.absence.endswith("told of later")
    assert not CampaignNotice.objects.exists()


@pytest.mark.django_db
def test_a_late_sign_of_life_before_the_retry_leaves_no_retry_not_even_a_reserved_one() -> None:
    made = stage(leads=2, retry_rules={"UNCERTAIN": ABSENT})
    attempt = end_as_absent(made)
    later = NOON + 1900 * SECOND
    (again,) = claimed(made.account, now=later).reserved
    assert again.lead.id == attempt.lead_id
    ringing = CallReport(phase=Phase.RINGING, source="PUSH")
    assert settle(reports=[(attempt.pk, ringing)], now=later) == {made.account_id}
    assert (Attempt.objects.get(pk=again.attempt_id).outcome, lead_of(attempt).state) == ("CANCELED", "EXHAUSTED")
    assert fresh(attempt).outcome == "UNCERTAIN"


@pytest.mark.django_db
def test_a_late_row_after_the_retry_has_left_is_a_disagreement_and_a_counted_notice() -> None:
    made = stage(leads=2, retry_rules={"UNCERTAIN": ABSENT})
    attempt = end_as_absent(made)
    again = place(made, now=NOON + 1900 * SECOND)
    assert again.lead_id == attempt.lead_id
    answered = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, source="LOG")
    settle(reports=[(attempt.pk, answered)], now=NOON + 1901 * SECOND)
    notice = CampaignNotice.objects.get()
    assert (notice.kind, notice.attempt_ids) == ("ABSENT_CALL_FOUND", [attempt.pk])
    assert "So far 1 of 1" in notice.text
    assert fresh(attempt).disagreement
    assert (fresh(again).state, lead_of(attempt).state) == ("PLACED", "DIALING")


@pytest.mark.django_db
@pytest.mark.parametrize(("with_agent", "outcome"), [(True, "FAILED"), (False, "LOST")])
def test_a_call_that_was_taken_and_is_not_in_the_log_is_an_agent_who_did_not_answer_or_lost(
    with_agent: bool, outcome: str
) -> None:
    made = stage(action="CONNECT_AGENT" if with_agent else "CONNECT_TARGET", retry_rules={"FAILED": 900})
    listed = known_call(made)
    attempt = place(made)
    for at in (OVER, OVER + 60 * SECOND):
        read(made, listed, at=at)
    reconcile(now=OVER + 61 * SECOND)
    ended = fresh(attempt)
    assert (ended.outcome, ended.is_burned, bool(ended.absence)) == (outcome, True, True)
    assert ("The agent did not answer" in ended.detail) == with_agent
    assert lead_of(attempt).state == ("PENDING" if with_agent else "EXHAUSTED")


@pytest.mark.django_db
def test_an_ai_call_of_a_switch_that_hides_unanswered_ones_is_never_absent() -> None:
    made = campaign(account(provider="astradial", max_call_seconds=60), leads=1)
    assert not place(made, state="UNCERTAIN").may_be_absent


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", KINDS)
def test_with_lost_answers_all_are_called_after_all_and_nobody_twice(
    slug: str, sandbox: SandboxClient, engine: Engine
) -> None:
    faults = {"refuse_503": 0.15, "drop_after_reading_rang": 0.1}
    quick = {"ring_seconds": [1, 1], "talk_seconds": [5, 5], "outcomes": {"ANSWERED": 1}, "suffixes": False}
    sandbox.configure(slug, "main", api_key="key", faults=faults, **quick)
    phones = numbers(40)
    made = stage(leads=phones, slug=slug, action=KINDS[slug][0], retry_rules={"UNCERTAIN": ABSENT})
    owner = made.account
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=sandbox.base_url(slug, "main"))
    call_all(made, engine, sandbox)
    never = set(phones) - rung(sandbox).keys()
    assert 1 <= len(never) < 20
    first = datetime.now(UTC)
    for seconds in range(0, 400, 16):
        read_log_of(owner, engine, now=first + seconds * SECOND)
        reconcile(now=first + (seconds + 1) * SECOND)
    waiting = Lead.objects.filter(campaign=made, state="PENDING")
    assert set(waiting.values_list("number", flat=True)) == never
    assert all(one.absence for one in Attempt.objects.filter(number__in=never))
    sandbox.change(slug, "main", faults={})
    waiting.update(next_attempt_at=datetime.now(UTC))
    call_all(made, engine, sandbox)
    assert rung(sandbox) == dict.fromkeys(phones, 1)
    assert sandbox.summary()["violations"] == []


def call_all(made: Campaign, engine: Engine, sandbox: SandboxClient) -> None:
    """Call everybody who is due, and wait until all lines are free."""
    engine.ring(made.account_id)
    unsent = Attempt.objects.filter(campaign=made, state__in=["RESERVED", "PLACING"])
    due = Lead.objects.filter(campaign=made, state="PENDING")
    wait_for(lambda: not due.exists() and not unsent.exists())
    sandbox.wait_idle()


def rung(sandbox: SandboxClient) -> Counter[str]:
    """Return how often each number was rung, by the carrier's ledger."""
    return Counter(f"+91{one['to_number'][-10:]}" for one in sandbox.ledger() if one["rang_at"] is not None)


def read_log_of(owner: ProviderAccount, engine: Engine, *, now: datetime) -> None:
    """Let the log be read that is due at that instant, and its rows be applied."""
    before = LogCursor.objects.filter(account=owner).values_list("reached_at", "whole_at").first()
    if pull_due(engine=engine, now=now):
        cursors = LogCursor.objects.filter(account=owner)
        wait_for(lambda: cursors.values_list("reached_at", "whole_at").first() != (before or (None, None)))
    apply_inbox(now=datetime.now(UTC) + SECOND)


@pytest.mark.django_db
def test_a_retry_that_no_log_can_ever_allow_is_refused_when_it_is_saved() -> None:
    for action, cell, allowed in (
        ("CONNECT_TARGET", ABSENT, True),
        ("AI_AGENT", {"delays": [1800], "most": 1}, True),
        ("AI_AGENT", ABSENT, False),
    ):
        made = stage(action=action, retry_rules={"UNCERTAIN": cell})
        if action == "AI_AGENT":
            CallTemplate.objects.filter(pk=made.template_id).update(action=action, options={"wss_url": "wss://a.in/v"})
        found = Campaign.objects.get(pk=made.pk)
        if allowed:
            found.full_clean()
            continue
        with pytest.raises(ValidationError, match="Astradial has no log that lists every such call"):
            found.full_clean()
