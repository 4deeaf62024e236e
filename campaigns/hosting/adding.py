"""Hands a batch of numbers to the provider's dialer: written before, sent once, and never sent again on a guess."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction

from campaigns.hosting import provider
from campaigns.hosting.choosing import Chosen, choose
from campaigns.hosting.provider import Unable
from campaigns.models import BatchState, HostedBatch, HostedDialer, NoticeKind
from campaigns.placing.campaign_pauses import MISCONFIGURED, pause_with_notice
from campaigns.placing.fence import Fence
from campaigns.settling.endings import call_end, lock, returned
from campaigns.states import attempts as attempt_states
from campaigns.states import ends as end_states
from dialer.providers.base import Outcome, Refusal
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Numbers that wait at the provider: a suppression or a stop cannot call them back, so they are few.
AHEAD_BATCHES = 2
AHEAD_PER_LINE = 20
#: After a refusal for lack of capacity, and after a request that could not leave.
REST_SECONDS = 5


def ahead(dialer: HostedDialer) -> int:
    """Return how many numbers may be at the provider at one time. Raises Unable."""
    return max(AHEAD_BATCHES * provider.part_of(dialer.account).most_numbers, AHEAD_PER_LINE * dialer.lines)


def add_batch(*, dialer: HostedDialer, room: int, now: datetime) -> bool:
    """Hand over one batch, at most ``room`` numbers; return whether there may be more to do at once."""
    part = provider.part_of(dialer.account)
    chosen, again = choose(
        dialer=dialer, most=min(room, dialer.batch_size, part.most_numbers), variables=part.variables, now=now
    )
    if chosen is None:
        return again
    opened_at_seconds = time.monotonic()
    going = _begin(dialer, chosen)
    if not going:
        return False
    fence = Fence(opened_at_seconds=opened_at_seconds)
    numbers = [chosen.numbers[attempt_id] for attempt_id in going]
    assert dialer.external_id is not None
    try:
        added = provider.add(account=dialer.account, external_id=dialer.external_id, numbers=numbers, may_send=fence)
    except Unable as error:
        return _failed(dialer, chosen.batch_id, going, error)
    at = datetime.now(UTC)
    with transaction.atomic(), hot_cursor() as cursor:
        lock(cursor, attempt_ids=going, now=at)
        attempt_states.mark_placed(cursor, external_ids=dict.fromkeys(going), now=at)
        _close(chosen.batch_id, BatchState.ADDED, at, taken=added.count)
    _grow(dialer, most=part.most_numbers)
    return True


def _begin(dialer: HostedDialer, chosen: Chosen) -> list[int]:
    """RESERVED → SENDING, with the attempts PLACING; none when the campaign was stopped in between."""
    with transaction.atomic(), hot_cursor() as cursor:
        going = attempt_states.begin_placing(cursor, account_id=dialer.account_id, attempt_ids=sorted(chosen.numbers))
        state = BatchState.SENDING if going else BatchState.RETURNED
        HostedBatch.objects.filter(pk=chosen.batch_id, state=BatchState.RESERVED).update(
            state=state, size=len(going), sending_at=datetime.now(UTC)
        )
    return sorted(going)


def _failed(dialer: HostedDialer, batch_id: int, attempt_ids: list[int], error: Unable) -> bool:
    at = datetime.now(UTC)
    log.warning("numbers not added", dialer_id=dialer.pk, batch_id=batch_id, detail=error.detail)
    if error.may_have_happened:
        with transaction.atomic(), hot_cursor() as cursor:
            lock(cursor, attempt_ids=attempt_ids, now=at)
            attempt_states.mark_uncertain(cursor, details=dict.fromkeys(attempt_ids, error.detail))
            _close(batch_id, BatchState.UNCERTAIN, at, detail=error.detail)
        return True
    is_about_numbers = error.refusal in (Refusal.INVALID_REQUEST, Refusal.OTHER)
    is_alone = is_about_numbers and len(attempt_ids) == 1
    _give_back(
        batch_id, attempt_ids, error, at, is_burned=is_alone, after_seconds=0 if is_about_numbers else REST_SECONDS
    )
    if is_alone:
        return True
    if is_about_numbers:
        # One bad number can spoil a batch: halves find it.
        dialer.batch_size = max(1, len(attempt_ids) // 2)
        dialer.save(update_fields=["batch_size"])
        return True
    if error.refusal == Refusal.UNKNOWN_TARGET:
        # Perhaps somebody deleted the dialer at the provider: it is looked at, and told everything, before the next.
        HostedDialer.objects.filter(pk=dialer.pk).update(told={})
    if error.refusal in MISCONFIGURED:
        reason = f"The provider refused numbers: {error.detail}"
        with hot_cursor() as cursor:
            pause_with_notice(
                cursor, campaign_id=dialer.campaign_id, kind=NoticeKind.ACCOUNT_REJECTED, reason=reason, now=at
            )
    HostedDialer.objects.filter(pk=dialer.pk).update(
        next_turn_at=at + timedelta(seconds=REST_SECONDS), problem=error.detail[:300]
    )
    return False


def _give_back(
    batch_id: int, attempt_ids: Iterable[int], error: Unable, at: datetime, *, is_burned: bool, after_seconds: float
) -> None:
    """The provider has none of them: their leads wait again, or have had their attempt when ``is_burned``."""
    with transaction.atomic(), hot_cursor() as cursor:
        ends = []
        for attempt in lock(cursor, attempt_ids=list(attempt_ids), now=at).values():
            if attempt.state != "PLACING":
                continue
            if is_burned:
                end = call_end(attempt=attempt, outcome=Outcome.REFUSED, now=at)
                ends.append(end_states.refused(end, refusal=error.refusal or Refusal.OTHER, detail=error.detail))
            else:
                outcome = Outcome.REFUSED if error.refusal else Outcome.CANCELED
                ends.append(
                    returned(
                        attempt=attempt,
                        outcome=outcome,
                        now=at,
                        after_seconds=after_seconds,
                        detail=error.detail,
                        refusal=error.refusal,
                    )
                )
        if ends:
            end_states.end_attempts(cursor, ends=ends)
        state = BatchState.REFUSED if error.refusal else BatchState.RETURNED
        _close(batch_id, state, at, detail=error.detail)


def _close(batch_id: int, state: BatchState, at: datetime, *, detail: str = "", taken: int | None = None) -> None:
    HostedBatch.objects.filter(pk=batch_id).exclude(state=BatchState.ADDED).update(
        state=state, answered_at=at, detail=detail[:300], taken=taken
    )


def _grow(dialer: HostedDialer, *, most: int) -> None:
    if dialer.batch_size < most:
        dialer.batch_size = min(most, dialer.batch_size * 2)
        dialer.save(update_fields=["batch_size"])
