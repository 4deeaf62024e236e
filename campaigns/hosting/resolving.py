"""Batches whose process died or whose request had no answer: settled by what the provider lists, never sent again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.hosting.reading import live_attempts
from campaigns.models import Attempt, BatchState, HostedBatch, HostedDialer, HostedNumber
from campaigns.settling.endings import give_back, lock
from campaigns.states import attempts as attempt_states
from dialer.sql import hot_cursor

#: A batch that is RESERVED for longer has no process that would send it.
RESERVED_FOR_SECONDS = 10
#: Past the reply time-out by this much nobody waits for a reply any more.
SENDING_MARGIN_SECONDS = 5
#: So long is the dialer's count of numbers watched for a batch without an answer, before further numbers follow.
WATCHED_SECONDS = 5


def resolve(*, dialer: HostedDialer, now: datetime) -> bool:
    """Settle what can be settled; return whether a batch is still watched, so that none may follow yet."""
    _return_reserved(dialer, now)
    _doubt_sending(dialer, now)
    latest = dialer.batches.first()
    if latest is None or latest.state != BatchState.UNCERTAIN:
        return False
    _settle(dialer, latest, now)
    since = latest.answered_at or latest.sending_at or latest.reserved_at
    return latest.state == BatchState.UNCERTAIN and now - since < timedelta(seconds=WATCHED_SECONDS)


def has_open_batch(dialer: HostedDialer) -> bool:
    """Return whether a batch waits for a verdict that the provider's list can give."""
    latest = dialer.batches.first()
    return (
        latest is not None
        and latest.state in (BatchState.SENDING, BatchState.UNCERTAIN)
        and bool(live_attempts(dialer))
    )


def _return_reserved(dialer: HostedDialer, now: datetime) -> None:
    stale = dialer.batches.filter(
        state=BatchState.RESERVED, reserved_at__lt=now - timedelta(seconds=RESERVED_FOR_SECONDS)
    )
    for batch in stale:
        attempts = Attempt.objects.filter(hosted__batch=batch, state="RESERVED")
        give_back(where=attempts, now=now, detail="Its process ended before it left")
        HostedBatch.objects.filter(pk=batch.pk, state=BatchState.RESERVED).update(state=BatchState.RETURNED)


def _doubt_sending(dialer: HostedDialer, now: datetime) -> None:
    """SENDING → UNCERTAIN where the process that waited for the reply is gone."""
    patience = timedelta(seconds=dialer.account.reply_timeout_seconds + SENDING_MARGIN_SECONDS)
    for batch in dialer.batches.filter(state=BatchState.SENDING, sending_at__lt=now - patience):
        detail = "No process waits for the reply any more"
        ids = _attempt_ids(batch)
        with transaction.atomic(), hot_cursor() as cursor:
            lock(cursor, attempt_ids=ids, now=now)
            attempt_states.mark_uncertain(cursor, details=dict.fromkeys(ids, detail))
            HostedBatch.objects.filter(pk=batch.pk, state=BatchState.SENDING).update(
                state=BatchState.UNCERTAIN, answered_at=now, detail=detail
            )


def _settle(dialer: HostedDialer, batch: HostedBatch, now: datetime) -> None:
    """UNCERTAIN → ADDED when the dialer has so many more numbers. Too few prove nothing: they may come yet."""
    if batch.total_before is None or dialer.total_numbers is None or not batch.size:
        return
    came = dialer.total_numbers - batch.total_before
    if came < batch.size:
        return
    with transaction.atomic(), hot_cursor() as cursor:
        locked = lock(cursor, attempt_ids=_attempt_ids(batch), now=now)
        placed = {attempt.id: "PLACED" for attempt in locked.values() if attempt.state == "UNCERTAIN"}
        if placed:
            attempt_states.advance(cursor, states=placed, now=now)
        HostedBatch.objects.filter(pk=batch.pk, state=BatchState.UNCERTAIN).update(
            state=BatchState.ADDED, taken=batch.size, detail="Without an answer; the dialer has them"
        )
    batch.state = BatchState.ADDED


def _attempt_ids(batch: HostedBatch) -> list[int]:
    return list(HostedNumber.objects.filter(batch=batch).order_by("attempt_id").values_list("attempt_id", flat=True))
