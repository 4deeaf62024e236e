"""Ends what the provider's log never told of, once the provider has nothing more to do for the dialer."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from campaigns.hosting.choosing import DEADLINE
from campaigns.hosting.reading import is_over
from campaigns.models import Attempt, BatchState, HostedDialer
from campaigns.settling.endings import Locked, call_end, lock, returned
from campaigns.states import ends as end_states
from campaigns.states.ends import AttemptEnd
from campaigns.states.locks import lock_attempts
from dialer.providers.base import Outcome, Refusal
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: A call that is over may be missing from the log for this long, or for as long as a call can last if that is less.
LOG_GRACE_SECONDS = 60
MARGIN_SECONDS = 5
MOST_PER_TURN = 500


def end_rest(*, dialer: HostedDialer, now: datetime) -> int:
    """End the attempts of which no news can come any more; return how many. Call it with the dialer just read."""
    live = Attempt.objects.filter(
        account_id=dialer.account_id, campaign_id=dialer.campaign_id, ended_at=None, hosted__batch__dialer=dialer
    ).exclude(state__in=["RESERVED", "PLACING"])
    if not live.exists():
        _be_quiet(dialer, None)
        return 0
    latest = dialer.batches.first()
    if latest is not None and latest.state in (BatchState.RESERVED, BatchState.SENDING):
        _be_quiet(dialer, None)
        return 0
    is_done = dialer.pending_numbers == 0
    halted = is_over(dialer, now=now) and dialer.is_on is False
    if not (is_done or halted):
        _be_quiet(dialer, None)
        _put_deadlines_off(dialer, now)
        return 0
    # Numbers that were given since it fell quiet have their own time to be called.
    answered_at = latest.answered_at if latest is not None else None
    is_newer = answered_at is not None and dialer.quiet_since_at is not None and answered_at > dialer.quiet_since_at
    _be_quiet(dialer, now if is_newer or dialer.quiet_since_at is None else dialer.quiet_since_at)
    assert dialer.quiet_since_at is not None
    longest = dialer.longest_call_seconds
    grace = min(LOG_GRACE_SECONDS, longest) if is_done else longest + dialer.campaign.template.max_ring_seconds
    until = dialer.quiet_since_at + timedelta(seconds=grace + MARGIN_SECONDS)
    if now < until or dialer.log_read_at is None or dialer.log_read_at <= dialer.quiet_since_at:
        return 0
    return _end(list(live.order_by("id").values_list("id", flat=True)[:MOST_PER_TURN]), is_done=is_done, now=now)


def _be_quiet(dialer: HostedDialer, since_at: datetime | None) -> None:
    if dialer.quiet_since_at != since_at:
        dialer.quiet_since_at = since_at
        dialer.save(update_fields=["quiet_since_at"])


def _put_deadlines_off(dialer: HostedDialer, now: datetime) -> None:
    """A number that waits in a queue, as the provider confirms, is not lost. One of which nobody knows may be."""
    longest = timedelta(seconds=dialer.longest_call_seconds)
    placed = Attempt.objects.filter(
        account_id=dialer.account_id,
        campaign_id=dialer.campaign_id,
        ended_at=None,
        hosted__batch__dialer=dialer,
        state="PLACED",
        deadline_at__lt=now + DEADLINE / 2 + longest,
    )
    ids = list(placed.values_list("id", flat=True))
    with transaction.atomic(), hot_cursor() as cursor:
        lock_attempts(cursor, attempt_ids=ids, leads_of=())
        Attempt.objects.filter(pk__in=ids, state="PLACED").update(deadline_at=now + DEADLINE + longest)


def _end(attempt_ids: list[int], *, is_done: bool, now: datetime) -> int:
    short = set(
        Attempt.objects.filter(
            pk__in=attempt_ids, hosted__batch__state=BatchState.ADDED, hosted__batch__taken__lt=F("hosted__batch__size")
        ).values_list("id", flat=True)
    )
    with transaction.atomic(), hot_cursor() as cursor:
        HostedDialer.objects.filter(batches__numbers__attempt__in=attempt_ids[:1]).update(concluded_at=now)
        locked = [one for one in lock(cursor, attempt_ids=attempt_ids, now=now).values() if one.state != "ENDED"]
        ends = [_end_of(one, is_done=is_done, is_short=one.id in short, now=now) for one in locked]
        if ends:
            end_states.end_attempts(cursor, ends=ends)
            log.info("hosted numbers without a record ended", attempts=len(ends))
    return len(ends)


def _end_of(attempt: Locked, *, is_done: bool, is_short: bool, now: datetime) -> AttemptEnd:
    if not is_done and attempt.state != "UNCERTAIN":
        detail = "Stopped while it waited in the provider's queue"
        return returned(attempt=attempt, outcome=Outcome.CANCELED, now=now, after_seconds=0, detail=detail)
    if attempt.state == "UNCERTAIN":
        return call_end(attempt=attempt, outcome=Outcome.UNCERTAIN, now=now)
    if is_short:
        end = call_end(attempt=attempt, outcome=Outcome.REFUSED, now=now)
        detail = "The provider took fewer numbers than it was given, and never called this one"
        return end_states.refused(end, refusal=Refusal.INVALID_REQUEST, detail=detail)
    return call_end(attempt=attempt, outcome=Outcome.LOST, now=now)
