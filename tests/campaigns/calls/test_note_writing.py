"""Notes written back to a provider that takes them, over HTTP and through its faults."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaigns.calls.note_writing import accounts_with_due_notes, write_next
from campaigns.calls.notes import send_again
from campaigns.models import Attempt, CallNote
from dialer.models import ProviderAccount, ResultCount
from dialer.sandbox.client import SandboxClient
from tests.campaigns.calls.noted import SECOND, account_of, called, go, noted, over, seen, written
from tests.dialer.scripted import scripted

pytestmark = pytest.mark.django_db


def test_a_disposition_becomes_the_label_and_the_text_the_remark_of_the_calls_record(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox)
    others, attempt = called(owner, "+919876543216"), called(owner)
    over(sandbox)
    note = noted(attempt, disposition="call-back later")
    assert (note.state, note.disposition, note.label_id) == ("WAITING", "Call Back Later", "3")
    go(owner)
    assert (seen(note).state, note.reason, note.call_key) == ("SENT", "", "call:2")
    assert note.sent_at is not None
    assert written(sandbox) == [
        {
            "operation": "update_call_note",
            "record_id": "2",
            "call_status": 3,
            "call_type": "outgoing",
            "call_remark": "Wants a call on Monday",
        }
    ]
    assert Attempt.objects.get(pk=attempt.pk).disposition == "Call Back Later"
    assert Attempt.objects.get(pk=others.pk).disposition == ""


def test_a_note_by_the_calls_id_holds_disposition_and_text(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox, write_back="note")
    attempt = called(owner)
    noted(attempt)
    noted(attempt, disposition="", text="And an e-mail")
    go(owner)
    assert [(one["sip_call_id"], one["note"], one.get("status")) for one in written(sandbox)] == [
        (attempt.external_id, "Interested: Wants a call on Monday", "1"),
        (attempt.external_id, "And an e-mail", None),
    ]


@pytest.mark.parametrize("write_back", ["remark", "note"])
@pytest.mark.parametrize("fault", ["note_500", "note_lost", "note_timeout"])
def test_what_may_have_arrived_is_sent_again_only_where_that_changes_nothing(
    fault: str, write_back: str, sandbox: SandboxClient
) -> None:
    owner = account_of(sandbox, write_back=write_back, faults={fault: 1}, timeout_seconds=0.2)
    note = noted(called(owner))
    over(sandbox)
    go(owner)
    assert len(written(sandbox)) == int(fault == "note_timeout")
    sandbox.change("ivrsolutions", "acme", faults={})
    if write_back == "note":
        assert (seen(note).state, note.next_try_at) == ("UNCLEAR", None)
        assert "It may have arrived" in note.reason
        go(owner, after_seconds=3600)
        assert len(written(sandbox)) == int(fault == "note_timeout")
        send_again(note=note, now=datetime.now(UTC))
        go(owner)
    else:
        assert (seen(note).state, note.tries) == ("WAITING", 1)
        assert "IVR Solutions" in note.reason
        go(owner, after_seconds=5)
        assert seen(note).state == "WAITING"
        go(owner, after_seconds=40)
    assert (seen(note).state, note.reason) == ("SENT", "")
    assert {tuple(sorted(one.items())) for one in written(sandbox)} == {tuple(sorted(written(sandbox)[0].items()))}


def test_a_provider_that_is_down_is_asked_for_one_note_and_all_wait_until_they_are_given_up(
    sandbox: SandboxClient,
) -> None:
    owner = account_of(sandbox)
    notes = [noted(called(owner, f"+9198765432{n}")) for n in (60, 61, 62)]
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url="http://127.0.0.1:9")
    go(owner)
    assert {(seen(note).state, note.tries) for note in notes} == {("WAITING", 1)}
    assert all("is not reached" in note.reason for note in notes)
    assert accounts_with_due_notes(now=datetime.now(UTC)) == []
    go(owner, after_seconds=25 * 3600)
    assert {seen(note).state for note in notes} == {"FAILED"}
    assert all("Tried in vain until" in note.reason for note in notes)


@pytest.mark.parametrize(("status", "state"), [(401, "WAITING"), (429, "WAITING"), (404, "FAILED"), (400, "FAILED")])
def test_a_clear_no_ends_a_note_unless_it_is_about_the_account(status: int, state: str, sandbox: SandboxClient) -> None:
    owner = account_of(sandbox)
    note = noted(called(owner))
    CallNote.objects.filter(pk=note.pk).update(call_key="call:1")
    with scripted(status=status, body=b'{"status":false,"message":"No."}', kind="application/json") as url:
        ProviderAccount.objects.filter(pk=owner.pk).update(base_url=url)
        go(owner)
    assert seen(note).state == state
    assert f"refuses: HTTP {status}: No." in note.reason


def test_a_record_that_comes_late_is_waited_for_and_one_that_never_comes_is_given_up(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox, log_delay_seconds=3000)
    note = noted(called(owner))
    go(owner)
    assert (seen(note).state, note.tries) == ("WAITING", 1)
    assert note.reason == "The log of IVR Solutions has no record of a call to this number at its time"
    go(owner, after_seconds=4000)
    assert seen(note).state == "FAILED"
    assert ResultCount.objects.get(account=note.account).kind == "NOTE_UNWRITTEN"
    assert written(sandbox) == []


def test_a_note_waits_for_the_end_of_its_call_and_for_the_notes_before_it(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox, write_back="note")
    attempt = called(owner, is_over=False)
    first, second = noted(attempt, text="One"), noted(attempt, text="Two")
    go(owner)
    assert written(sandbox) == []
    Attempt.objects.filter(pk=attempt.pk).update(
        state="ENDED", outcome="ANSWERED", is_burned=True, ended_at=datetime.now(UTC)
    )
    CallNote.objects.filter(pk=first.pk).update(next_try_at=datetime.now(UTC) + 60 * SECOND)
    go(owner)
    assert written(sandbox) == []
    go(owner, after_seconds=61)
    assert [one["note"] for one in written(sandbox)] == ["Interested: One", "Interested: Two"]
    assert seen(second).state == "SENT"


@pytest.mark.parametrize(("write_back", "state"), [("remark", "SENT"), ("note", "UNCLEAR")])
def test_a_note_whose_process_died_while_sending_is_repeated_only_where_that_is_safe(
    write_back: str, state: str, sandbox: SandboxClient
) -> None:
    owner = account_of(sandbox, write_back=write_back)
    note = noted(called(owner))
    over(sandbox)
    dead_at = datetime.now(UTC) + 60 * SECOND
    CallNote.objects.filter(pk=note.pk).update(state="SENDING", next_try_at=dead_at)
    go(owner)
    assert seen(note).state == "SENDING"
    go(owner, after_seconds=61)
    assert seen(note).state == state
    assert len(written(sandbox)) == int(state == "SENT")


def test_two_workers_write_a_note_once(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox, write_back="note")
    noted(called(owner))
    now = datetime.now(UTC)
    assert write_next(account_id=owner.pk, now=now) is True
    assert write_next(account_id=owner.pk, now=now) is False
    assert len(written(sandbox)) == 1
