"""Writes notes on calls down: a disposition, a text, or both, of a person or a system. Stored first, sent afterwards.

A disposition is also the attempt's where nobody has said one yet, and is heard like one that a provider tells: it can
suppress the number or set a callback. A text is heard for a refusal of calls, too. What is to be written back waits
for ``calls.note_writing``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.acts import NOTE
from campaigns.doorbells import ring_notes
from campaigns.idempotency import once
from campaigns.models import Attempt, CallNote, NoteState
from campaigns.settling.reports import settle
from dialer.accounts.notes import labels_of
from dialer.audit import record
from dialer.providers.base import CallReport, Phase
from dialer.providers.parsing import word

#: A note that cannot be written back is tried for so long.
TRIED_FOR = timedelta(hours=24)


class UnableToNote(Exception):
    """The note is not written, and why; ``field``: of which value, empty for none."""

    def __init__(self, reason: str, *, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """Whether a note can be written back: ``reason`` says why not; ``label_id`` is the provider's disposition."""

    reason: str = ""
    label_id: str = ""


def write_note(
    *,
    attempt: Attempt,
    disposition: str = "",
    text: str = "",
    write_back: bool | None = None,
    by: str,
    now: datetime,
    idempotency_key: str | None = None,
) -> tuple[CallNote, bool]:
    """Store a note on a call; return it and whether it is new.

    ``write_back``: True, to be written at the provider, refused where that cannot be; None, if it can be; False, kept
    here. Raises UnableToNote, KeyReused.
    """
    if not (disposition or text):
        raise UnableToNote("Write a text, or choose a disposition.")
    disposition = _known(attempt, disposition)

    def store() -> CallNote:
        prospect = prospect_of(attempt=attempt, disposition=disposition)
        if write_back and prospect.reason:
            raise UnableToNote(prospect.reason, field="write_back")
        if write_back is False:
            prospect = Prospect(reason="It was to be kept here")
        return _store(attempt, disposition, text, prospect, by, now, idempotency_key)

    return once(
        key=idempotency_key,
        what="note on this call",
        earlier=lambda: CallNote.objects.filter(attempt=attempt, idempotency_key=idempotency_key).first(),
        is_same=lambda found: (found.disposition, found.text) == (disposition, text),
        make=store,
    )


def send_again(*, note: CallNote, now: datetime) -> None:
    """Let a note that was kept, given up or is not clear be written back. Raises UnableToNote."""
    prospect = prospect_of(attempt=note.attempt, disposition=note.disposition)
    if prospect.reason:
        raise UnableToNote(prospect.reason)
    over = (NoteState.KEPT, NoteState.FAILED, NoteState.UNCLEAR)
    changed = CallNote.objects.filter(pk=note.pk, state__in=over).update(
        state=NoteState.WAITING,
        reason="",
        tries=0,
        label_id=prospect.label_id,
        next_try_at=now,
        give_up_at=now + TRIED_FOR,
    )
    if not changed:
        raise UnableToNote("It is written back already, or is being so.")
    ring_notes()


def disposition_choices(*, attempt: Attempt) -> list[str]:
    """Return the dispositions that the call's account has at its provider; none: any word will do."""
    return list(dict.fromkeys(labels_of(account=attempt.account).values()))


def prospect_of(*, attempt: Attempt, disposition: str) -> Prospect:
    """Return whether a note on the call can be written back."""
    account = attempt.account
    name = account.api.name
    if not account.api.capabilities.takes_notes:
        return Prospect(reason=f"{name} takes no notes on calls")
    way = account.api.note_way(account=account.config)
    if way is None:
        return Prospect(reason=f"The account {account.name} does not say how notes are written back: see its settings")
    if attempt.ended_at is not None and not attempt.is_burned:
        return Prospect(reason=f"The call was never placed: {name} knows nothing of it")
    try:
        label_id = account.api.label_of(
            account=account.config, disposition=disposition, labels=labels_of(account=account)
        )
    except ValueError as error:
        return Prospect(reason=f"The settings of the account {account.name} cannot be read: {error}")
    if way.needs_label and not label_id:
        return Prospect(reason=f"{name} takes only a disposition of the account's own list, with a text beside it")
    if attempt.ended_at is not None and not way.by_record and not attempt.external_id:
        return Prospect(reason=f"{name} gave the call no id that a note could name it by")
    return Prospect(label_id=label_id)


def _known(attempt: Attempt, disposition: str) -> str:
    """Return a disposition in the spelling of the account's list. Raises UnableToNote for one that is not in it."""
    labels = labels_of(account=attempt.account)
    if not disposition or not labels:
        return disposition
    api, config = attempt.account.api, attempt.account.config
    try:
        label_id = api.label_of(account=config, disposition=disposition, labels=labels)
    except ValueError:
        label_id = ""  # the settings are wrong: prospect_of says so
    if not label_id:
        known = ", ".join(labels.values())
        raise UnableToNote(f"The account's dispositions are: {known}.", field="disposition")
    same = word(labels.get(label_id, "")) == word(disposition)
    return labels[label_id] if same else disposition


def _store(
    attempt: Attempt,
    disposition: str,
    text: str,
    prospect: Prospect,
    by: str,
    now: datetime,
    idempotency_key: str | None,
) -> CallNote:
    waits = not prospect.reason
    note = CallNote.objects.create(
        attempt=attempt,
        account_id=attempt.account_id,
        disposition=disposition,
        text=text,
        state=NoteState.WAITING if waits else NoteState.KEPT,
        reason=prospect.reason[:300],
        label_id=prospect.label_id,
        next_try_at=now if waits else None,
        give_up_at=now + TRIED_FOR if waits else None,
        written_by=by[:150],
        idempotency_key=idempotency_key,
        created_at=now,
    )
    details = {"disposition": disposition}
    record(act=NOTE.name, what="Note written", subject=attempt, details=details, now=now)
    said = CallReport(phase=Phase.UNKNOWN, disposition=disposition or None, source="NOTE")
    settle(reports=[(attempt.pk, said)], now=now, notes={attempt.pk: text})
    if waits:
        ring_notes()
    return note
