"""Notes on calls: stored first, written back to a provider that takes them, over HTTP and through its faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.calls.note_writing import accounts_with_due_notes, write_due, write_next
from campaigns.calls.notes import UnableToNote, send_again, write_note
from campaigns.idempotency import KeyReused
from campaigns.models import Attempt, CallNote, FeedEntry, OptOut
from dialer.accounts.asking import ask
from dialer.accounts.sync.reading import sync_account
from dialer.models import ProviderAccount, ResultCount, SyncedItem
from dialer.providers.base import Accepted, Action, Placement
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.world import account, campaign, did, lead_of, place, set_fleet
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

pytestmark = pytest.mark.django_db
ANSWERED = {"outcomes": {"ANSWERED": 1}, "ring_seconds": [1, 1], "talk_seconds": [5, 5]}
SECOND = timedelta(seconds=1)


def account_of(sandbox: SandboxClient, *, write_back: str = "remark", **carrier: Any) -> ProviderAccount:
    """Return an account at IVR Solutions that writes back, with its dispositions synced."""
    made = account_at(sandbox, "ivrsolutions", carrier={**ANSWERED, **carrier}, settings={"write_back": write_back})
    sync_account(account=made, now=datetime.now(UTC))
    owner: ProviderAccount = made
    return owner


def called(owner: ProviderAccount, number: str = "+919876543299", *, is_over: bool = True) -> Attempt:
    """Return an attempt whose call was really placed at the carrier, and is over there and here."""
    began_at = datetime.now(UTC)
    flow = {"action": Action.PLAY_FLOW, "from_number": "+919800000000", "options": {"flow_id": "1001"}}
    request = owner.api.build_place(
        account=owner.config,
        placement=Placement(reference="r", to_number=number, **flow),  # type: ignore[arg-type]
    )
    placed = owner.api.parse_place(reply=ask(account=owner, request=request))
    assert isinstance(placed, Accepted)
    set_fleet(owner, available=10)
    attempt = place(campaign(owner, leads=[number], dids=[did(owner)]))
    ended = {"state": "ENDED", "outcome": "ANSWERED", "is_burned": True}
    Attempt.objects.filter(pk=attempt.pk).update(
        external_id=placed.external_id,
        placing_at=began_at,
        **({**ended, "ended_at": began_at + 30 * SECOND} if is_over else {}),
    )
    return Attempt.objects.get(pk=attempt.pk)


def noted(attempt: Attempt, **values: Any) -> CallNote:
    given = {"disposition": "Interested", "text": "Wants a call on Monday", **values}
    note, _ = write_note(attempt=attempt, by="olga", now=datetime.now(UTC), **given)
    return note


def written(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the notes that the carrier has in its ledger, without their instants."""
    rows = [note for row in sandbox.ledger() for note in row["notes"]]
    return [{key: value for key, value in note.items() if key not in ("at", "token")} for note in rows]


def go(owner: ProviderAccount, *, after_seconds: float = 0) -> None:
    """Do what the bell does, so many seconds from now."""
    later = datetime.now(UTC) + timedelta(seconds=after_seconds)
    write_due(account_id=owner.pk, clock=lambda: later)


def seen(note: CallNote) -> CallNote:
    note.refresh_from_db()
    return note


def over(sandbox: SandboxClient) -> None:
    wait_for(lambda: sandbox.summary()["live"] == 0)


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


def kept(attempt: Attempt, **values: Any) -> str:
    note = noted(attempt, **values)
    assert note.state == "KEPT"
    with pytest.raises(UnableToNote) as refused:
        noted(attempt, write_back=True, **values)
    assert (refused.value.field, refused.value.reason) == ("write_back", note.reason)
    return note.reason


def test_where_it_cannot_be_written_back_a_note_is_kept_here_and_says_why(sandbox: SandboxClient) -> None:
    elsewhere = account(provider="altur")
    assert kept(place(campaign(elsewhere))) == "Altur takes no notes on calls"
    owner = account_of(sandbox, write_back="")
    attempt = called(owner)
    assert "does not say how notes are written back" in kept(attempt)
    owner.settings = {"write_back": "remark"}
    owner.save()
    attempt = Attempt.objects.get(pk=attempt.pk)
    assert "takes only a disposition of the account's own list" in kept(attempt, disposition="")
    Attempt.objects.filter(pk=attempt.pk).update(is_burned=False, outcome="REFUSED")
    assert "The call was never placed" in kept(Attempt.objects.get(pk=attempt.pk))
    assert noted(attempt, write_back=False).reason == "It was to be kept here"
    go(owner)
    assert written(sandbox) == []


def test_a_note_that_was_kept_can_be_written_back_later(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox, write_back="")
    attempt = called(owner)
    over(sandbox)
    note = noted(attempt)
    with pytest.raises(UnableToNote, match="does not say how"):
        send_again(note=note, now=datetime.now(UTC))
    owner.settings = {"write_back": "remark"}
    owner.save()
    note = CallNote.objects.get(pk=note.pk)
    send_again(note=note, now=datetime.now(UTC))
    go(owner)
    assert seen(note).state == "SENT"
    with pytest.raises(UnableToNote, match="written back already"):
        send_again(note=note, now=datetime.now(UTC))


def test_a_disposition_is_one_of_the_accounts_or_of_our_names_for_them(sandbox: SandboxClient) -> None:
    owner = account_of(sandbox)
    attempt = called(owner)
    with pytest.raises(UnableToNote, match="The account's dispositions are: Call Back Later, Converted") as refused:
        noted(attempt, disposition="Rainy")
    assert refused.value.field == "disposition"
    owner.settings = {"write_back": "remark", "disposition_labels": "PROMISED=6, RAINY=2"}
    owner.save()
    note = noted(Attempt.objects.get(pk=attempt.pk), disposition="Rainy")
    assert (note.disposition, note.label_id, note.state) == ("Rainy", "2", "WAITING")
    SyncedItem.objects.all().delete()
    assert noted(Attempt.objects.get(pk=attempt.pk), disposition="Anything").state == "KEPT"


def test_a_disposition_is_heard_told_and_never_overwrites_what_is_known() -> None:
    attempt = place(campaign(account()))
    Attempt.objects.filter(pk=attempt.pk).update(
        state="ENDED", outcome="ANSWERED", is_burned=True, ended_at=datetime.now(UTC)
    )
    attempt.refresh_from_db()
    noted(attempt, disposition="Do not call")
    assert OptOut.objects.get().attempt_id == attempt.pk
    assert FeedEntry.objects.filter(kind="RESULT_CHANGED", attempt=attempt).count() == 1
    noted(attempt, disposition="Interested")
    assert Attempt.objects.get(pk=attempt.pk).disposition == "Do not call"
    assert lead_of(attempt).state == "DIALING"


def test_a_note_says_something_and_is_written_once_a_key() -> None:
    attempt = place(campaign(account()))
    with pytest.raises(UnableToNote, match="Write a text, or choose a disposition"):
        noted(attempt, disposition="", text="")
    with pytest.raises(IntegrityError, match="call_note_says_something"), transaction.atomic():
        CallNote.objects.create(attempt=attempt, account=attempt.account, created_at=datetime.now(UTC))
    first = noted(attempt, idempotency_key="k-1")
    assert noted(attempt, idempotency_key="k-1").pk == first.pk
    with pytest.raises(KeyReused):
        noted(attempt, idempotency_key="k-1", text="Another")
    assert CallNote.objects.count() == 1
