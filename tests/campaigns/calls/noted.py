"""Calls that were placed at the carrier, and notes on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.calls.note_writing import write_due
from campaigns.calls.notes import write_note
from campaigns.models import Attempt, CallNote
from dialer.accounts.asking import ask
from dialer.accounts.sync.reading import sync_account
from dialer.models import ProviderAccount
from dialer.providers.base import Accepted, Action, Placement
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.world import campaign, did, place, set_fleet
from tests.dialer.accounts.builders import account_at

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
