"""One event that cannot be applied blocks no other, and what two sources say differently is kept and shown."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from campaigns.models import Attempt, Campaign, CampaignNotice
from campaigns.settling.reports import settle
from dialer.models import Installation, ProviderAccount
from dialer.providers import parsing
from dialer.providers.base import CallReport, Outcome, Phase, Push
from dialer.sql import hot_cursor
from tests.campaigns.world import NOON, account, campaign, lead_of, place
from webhooks.applying import apply_inbox
from webhooks.models import ProviderEvent
from webhooks.receiving import store
from webhooks.rows import store_rows
from webhooks.waiting_events import take

pytestmark = pytest.mark.django_db

#: What PostgreSQL itself refuses, whatever we believed of it before.
REFUSING = """
CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.disposition = 'poison' THEN RAISE data_exception USING MESSAGE = 'it is poison'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_poison BEFORE UPDATE ON campaigns_attempt FOR EACH ROW EXECUTE FUNCTION refuse_poison();
"""


def pushed(owner: ProviderAccount, body: dict[str, Any]) -> ProviderEvent:
    """Store a push of VoxCore's as it comes."""
    event_id = store(account_id=owner.pk, source="PUSH", push=Push(headers={}, body=orjson.dumps(body)))
    return ProviderEvent.objects.get(pk=event_id)


def result(attempt: Attempt, **values: Any) -> dict[str, Any]:
    """Return VoxCore's result of an answered call."""
    return {"dialer_reference": str(attempt.reference), "call_id": "c-1", "disconnected_by": "customer", **values}


def apply() -> None:
    """Apply the inbox a little later than now."""
    apply_inbox(now=datetime.now(UTC) + timedelta(seconds=1))


def test_an_event_that_postgresql_refuses_is_marked_with_the_reason_and_the_rest_of_its_batch_is_applied() -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUSING)
    made = campaign(account(), leads=5)
    attempts = [place(made) for _ in range(5)]
    events = [
        pushed(attempt.account, result(attempt, call_id=f"c-{n}", disposition="poison" if n == 2 else "fine"))
        for n, attempt in enumerate(attempts)
    ]
    apply()
    states = [ProviderEvent.objects.get(pk=event.pk).state for event in events]
    assert states == ["APPLIED", "APPLIED", "FAILED", "APPLIED", "APPLIED"]
    failed = ProviderEvent.objects.get(pk=events[2].pk)
    assert "it is poison" in failed.problem
    assert orjson.loads(bytes(failed.body))["disposition"] == "poison"
    ended = [Attempt.objects.get(pk=attempt.pk).state for attempt in attempts]
    assert ended == ["ENDED", "ENDED", "PLACED", "ENDED", "ENDED"]


def test_a_result_with_nul_in_every_text_is_applied_without_it() -> None:
    attempt = place(campaign(account(), leads=1))
    said = [{"role": "bot\x00", "text": "Hel\x00lo", "more\x00": ["\x00"]}]
    body = result(attempt, disposition="good\x00", transcript=said, recording_url="https://x.example/\x00.mp3")
    event = pushed(attempt.account, body)
    apply()
    attempt.refresh_from_db()
    event.refresh_from_db()
    assert (event.state, attempt.state) == ("APPLIED", "ENDED")
    assert "\x00" not in attempt.disposition + attempt.recording_url + str(attempt.transcript)
    assert "Hello" in str(attempt.transcript)


@pytest.mark.parametrize("length", [parsing.LONGEST_ID, parsing.LONGEST_ID + 1, 100_000])
def test_an_id_as_long_as_ids_are_finds_its_call_and_a_longer_one_is_none(length: int) -> None:
    attempt = place(campaign(account(), leads=1), state="PLACING")
    first = pushed(attempt.account, {"dialer_reference": str(attempt.reference), "call_id": "x" * length})
    apply()
    second = pushed(attempt.account, {"call_id": "x" * length, "disconnected_by": "customer"})
    apply()
    for event in (attempt, first, second):
        event.refresh_from_db()
    fits = length <= parsing.LONGEST_ID
    assert first.state == "APPLIED"
    assert attempt.external_id == ("x" * length if fits else None)
    assert (second.state, attempt.state) == (("APPLIED", "ENDED") if fits else ("FAILED", "PLACING"))


def test_a_row_of_a_log_is_stored_once_for_each_state_and_tells_the_end() -> None:
    owner = account(provider="astradial")
    attempt = place(campaign(owner, leads=1))
    Attempt.objects.filter(pk=attempt.pk).update(external_id=None)
    seen = CallReport(
        phase=Phase.UNKNOWN, to_number=attempt.number, started_at=NOON, is_outbound=True, dedupe_key="row-1", raw={}
    )
    over = CallReport(
        phase=Phase.ENDED,
        outcome=Outcome.BUSY,
        to_number=attempt.number,
        started_at=NOON,
        is_outbound=True,
        dedupe_key="row-1",
        raw={"status": "BUSY"},
        cost="1.20 INR",
        digits="1",
    )
    assert [store_rows(account_id=owner.pk, reports=[report]) for report in (seen, seen, over, over)] == [1, 0, 1, 0]
    apply()
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.outcome_source, attempt.cost, attempt.digits) == ("BUSY", "LOG", "1.20 INR", "1")
    assert lead_of(attempt).attempts_made == 1


def told(attempt: Attempt, outcome: Outcome, source: str) -> None:
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=outcome, source=source))], now=NOON)


def test_what_the_log_says_otherwise_is_kept_and_shown_and_changes_nothing(client: Client) -> None:
    attempt = place(campaign(account(), leads=1))
    told(attempt, Outcome.ANSWERED, "PUSH")
    for _ in range(2):
        told(attempt, Outcome.NO_ANSWER, "LOG")
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.outcome_source) == ("ANSWERED", "PUSH")
    assert attempt.disagreement == "LOG says NO_ANSWER; PUSH said ANSWERED"
    assert lead_of(attempt).state == "COMPLETED"
    client.force_login(get_user_model().objects.create_superuser("olga", password="x" * 20))
    assert attempt.disagreement in client.get(f"/admin/campaigns/attempt/{attempt.pk}/change/").content.decode()
    row = client.get(f"/api/v1/attempts/{attempt.pk}/").json()
    assert (row["disagreement"], row["outcome_source"]) == (attempt.disagreement, "PUSH")


def test_sources_that_agree_leave_no_disagreement() -> None:
    attempt = place(campaign(account(), leads=1))
    for source in ("PUSH", "LOG", "POLL"):
        told(attempt, Outcome.BUSY, source)
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.disagreement) == ("BUSY", "")


def test_a_word_of_the_log_corrects_what_we_had_only_concluded() -> None:
    attempt = place(campaign(account(), leads=1))
    told(attempt, Outcome.LOST, "")
    told(attempt, Outcome.ANSWERED, "LOG")
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.outcome_source, attempt.disagreement) == ("ANSWERED", "LOG", "")


def lost_references(made: Campaign, calls: int) -> list[uuid.UUID]:
    """Return references of calls that this database knows nothing of any more, as after a backup is restored."""
    placed = [place(made) for _ in range(calls)]
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in placed]).delete()
    return [attempt.reference for attempt in placed]


def test_reports_of_calls_with_our_references_that_are_unknown_here_are_counted_once_and_told_once() -> None:
    owner, other = account(), account()
    made = campaign(owner)
    known = place(made)
    pushed(owner, result(known))
    pushed(other, result(known))  # another account of ours: not unknown
    pushed(owner, {**result(known), "dialer_reference": "order 17", "call_id": "c-2"})  # none of ours
    apply()
    assert Installation.objects.get().unknown_references == 0
    # Of 1.0.0, and as they are made now.
    for n, reference in enumerate([uuid.uuid4(), *lost_references(made, 2)]):
        pushed(owner, {**result(known), "dialer_reference": str(reference), "call_id": f"x-{n}"})
    apply()
    apply_inbox(now=datetime.now(UTC) + timedelta(hours=2))  # tried again, not counted again
    row = Installation.objects.get()
    assert row.unknown_references == 3
    assert row.unknown_at is not None
    pushed(owner, {**result(known), "dialer_reference": str(uuid.uuid4()), "call_id": "x-9"})
    apply()
    assert Installation.objects.get().unknown_references == 4
    notice = CampaignNotice.objects.get(kind="UNKNOWN_REFERENCES")
    assert f"#{owner.pk}" in notice.text


def test_a_commit_waits_for_the_disk_unless_its_events_would_bring_it_about_again() -> None:
    pushed(account(), {"call_id": "unknown", "disconnected_by": "customer"})
    due: dict[str, Any] = {"now": datetime.now(UTC) + timedelta(seconds=1), "most": 1, "most_bytes": 1}
    for waits, setting in ((True, "on"), (False, "off")):
        with hot_cursor() as cursor:
            assert len(take(cursor, **due, commit_waits_for_disk=waits)) == 1
            cursor.execute("SELECT current_setting('synchronous_commit')")
            assert cursor.fetchone() == (setting,)
