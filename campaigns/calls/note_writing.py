"""Writes notes back to the provider of their call, one after another, from a row that says how far each has come.

A note is WAITING until it is due and its call has ended; SENDING is committed before the request leaves, with the
instant by which its sender must be dead. What certainly did not arrive is tried again for a day, later each
time. What may have arrived is sent again only where the same note again changes nothing there; else it is UNCLEAR, and
a person looks. The notes of one call are written in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from campaigns.calls.notes import prospect_of
from campaigns.models import CallNote, NoteState
from dialer.accounts.notes import Unwritten, Why, find_record, write
from dialer.accounts.result_counts import meter
from dialer.home.allowing import is_at_home
from dialer.models import ProviderAccount, ResultKind
from dialer.providers.base import Note, NoteWay

log = structlog.get_logger(__name__)

#: The first wait after a failure, doubled each further time up to the longest.
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 1800
#: A record that is not in the provider's log so long after its call's end will not come.
RECORD_WITHIN = timedelta(hours=1)
#: One request is answered, or given up, within the account's reply time-out and this; a look-up takes up to three.
MARGIN_SECONDS = 30
#: Notes of an account whose credentials no key opens are looked at again so much later.
UNREADABLE_FOR = timedelta(minutes=10)
UNDER_WAY = (NoteState.WAITING, NoteState.SENDING)


def accounts_with_due_notes(*, now: datetime) -> list[int]:
    """Return the accounts that have notes to be written back; none in what may be a copy, which would write twice."""
    if not is_at_home():
        return []
    return list(_due(now).order_by().values_list("account_id", flat=True).distinct())


def write_due(*, account_id: int, clock: Callable[[], datetime]) -> None:
    """Write the account's due notes, until none is left or one shows that the provider is in trouble."""
    while write_next(account_id=account_id, now=clock()):
        pass


def write_next(*, account_id: int, now: datetime) -> bool:
    """Write the account's next due note; return whether it makes sense to go on at once."""
    note = _take(account_id, now)
    if note is None:
        return False
    account = note.account
    if account.unreadable_credentials:
        others = CallNote.objects.filter(account=account, state=NoteState.WAITING, next_try_at__lte=now)
        _put_off(others, account.unreadable_credentials, UNREADABLE_FOR, now)
        return False
    way = account.api.note_way(account=account.config)
    if way is None:
        return _end(note, NoteState.FAILED, prospect_of(attempt=note.attempt, disposition=note.disposition).reason)
    if note.state == NoteState.SENDING and not way.is_repeatable:
        return _end(note, NoteState.UNCLEAR, "Its process ended while it was being sent")
    try:
        _name_call(note, way, now)
        if not _begin(note, now):
            return True
        write(
            account=account,
            note=Note(call_key=note.call_key, disposition=note.disposition, label_id=note.label_id, text=note.text),
        )
    except Unwritten as failure:
        return _after(note, failure, way, now)
    log.info("note written back", note_id=note.pk, attempt_id=note.attempt_id)
    return _end(note, NoteState.SENT, "", sent_at=now)


def _due(now: datetime) -> QuerySet[CallNote]:
    """Return the notes that are due: of each call the oldest that is under way, once the call has ended."""
    older = CallNote.objects.filter(attempt=OuterRef("attempt"), state__in=UNDER_WAY, pk__lt=OuterRef("pk"))
    return CallNote.objects.filter(
        ~Exists(older), state__in=UNDER_WAY, next_try_at__lte=now, attempt__ended_at__isnull=False
    )


def _take(account_id: int, now: datetime) -> CallNote | None:
    """Take the account's next due note, for as long as looking its call up can last; nobody else takes it meanwhile."""
    with transaction.atomic():
        due = _due(now).filter(account_id=account_id).order_by("next_try_at", "pk")
        note = due.select_for_update(skip_locked=True, of=("self",)).select_related("attempt", "account").first()
        if note is None:
            return None
        note.next_try_at = _patience(note.account, now)
        note.save(update_fields=["next_try_at"])
    return note


def _patience(account: ProviderAccount, now: datetime) -> datetime:
    return now + timedelta(seconds=3 * account.reply_timeout_seconds + MARGIN_SECONDS)


def _name_call(note: CallNote, way: NoteWay, now: datetime) -> None:
    """Find by what the provider knows the call. Raises Unwritten."""
    attempt = note.attempt
    if note.call_key:
        return
    if way.by_record:
        began, ended = attempt.placing_at or attempt.reserved_at, attempt.ended_at or now
        note.call_key = find_record(account=note.account, number=attempt.number, began_after=began, began_before=ended)
    elif attempt.external_id:
        note.call_key = attempt.external_id
    else:
        raise Unwritten(Why.REFUSED, f"{note.account.api.name} gave the call no id that a note could name it by")


def _begin(note: CallNote, now: datetime) -> bool:
    """→ SENDING, committed before the request leaves; return whether the note is still ours."""
    leased, note.next_try_at = note.next_try_at, _patience(note.account, now)
    return bool(
        CallNote.objects.filter(pk=note.pk, state__in=UNDER_WAY, next_try_at=leased).update(
            state=NoteState.SENDING, next_try_at=note.next_try_at, call_key=note.call_key
        )
    )


def _after(note: CallNote, failure: Unwritten, way: NoteWay, now: datetime) -> bool:
    """Decide what follows a failure; return whether the account's other notes may be written at once."""
    log.warning("note not written back", note_id=note.pk, why=failure.why.name, detail=failure.reason)
    if failure.why is Why.REFUSED or (failure.why is Why.NO_RECORD and _is_too_late(note, now)):
        return _end(note, NoteState.FAILED, failure.reason)
    if failure.why is Why.UNCLEAR and not way.is_repeatable:
        _end(
            note, NoteState.UNCLEAR, f"{failure.reason}. It may have arrived: look at the provider before it is resent"
        )
        return False
    mine = CallNote.objects.filter(pk=note.pk, next_try_at=note.next_try_at)
    _put_off(mine, failure.reason, _wait(note.tries), now)
    if failure.why is Why.ACCOUNT:
        others = CallNote.objects.filter(account_id=note.account_id, state=NoteState.WAITING, next_try_at__lte=now)
        _put_off(others, failure.reason, _wait(note.tries), now)
    return failure.why is Why.NO_RECORD


def _is_too_late(note: CallNote, now: datetime) -> bool:
    ended_at = note.attempt.ended_at
    return ended_at is not None and now - max(ended_at, note.created_at) > RECORD_WITHIN


def _wait(tries: int) -> timedelta:
    return timedelta(seconds=min(FIRST_WAIT_SECONDS * 2 ** min(tries, 10), LONGEST_WAIT_SECONDS))


def _put_off(notes: QuerySet[CallNote], reason: str, wait: timedelta, now: datetime) -> None:
    """Let notes be tried again later; those that were tried for a day are given up."""
    under_way = notes.filter(state__in=UNDER_WAY)
    tried = f"Tried in vain until {now:%Y-%m-%d %H:%M} UTC: {reason}"
    under_way.filter(give_up_at__lte=now).update(state=NoteState.FAILED, reason=tried[:300], next_try_at=None)
    under_way.filter(give_up_at__gt=now).update(
        state=NoteState.WAITING, reason=reason[:300], next_try_at=now + wait, tries=F("tries") + 1
    )


def _end(note: CallNote, state: NoteState, reason: str, *, sent_at: datetime | None = None) -> bool:
    """End a note that is still ours; return True, as the others may go on. One that was not written is counted."""
    if state in (NoteState.FAILED, NoteState.UNCLEAR):
        meter.note(account_id=note.account_id, kind=ResultKind.NOTE_UNWRITTEN, detail=reason)
    CallNote.objects.filter(pk=note.pk, state__in=UNDER_WAY, next_try_at=note.next_try_at).update(
        state=state, reason=reason[:300], next_try_at=None, sent_at=sent_at
    )
    return True
