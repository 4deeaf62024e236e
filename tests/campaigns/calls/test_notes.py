"""Notes on calls as they are taken: what they must say, which are kept here and why, and what a disposition does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.calls.notes import UnableToNote, send_again
from campaigns.idempotency import KeyReused
from campaigns.models import Attempt, CallNote, FeedEntry, OptOut
from dialer.models import SyncedItem
from dialer.sandbox.client import SandboxClient
from tests.campaigns.calls.noted import account_of, called, go, noted, over, seen, written
from tests.campaigns.world import account, campaign, lead_of, place

pytestmark = pytest.mark.django_db


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
