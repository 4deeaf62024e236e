"""The reserving transaction: who may be called now, on which DID and agent, within every limit.

Under the lock of the account's gate, and in statements after the one that locks (at READ COMMITTED a statement that
locks *and* counts can see a slot that is already taken), this counts the live attempts, takes due leads, judges each
by the rules, and inserts attempts. The insert is the reservation: a live attempt *is* the slot.
Nothing leaves the house here; ``campaigns.placing.sending`` places what is reserved, outside of any transaction.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.claiming import gate as account_gate
from campaigns.claiming import seating
from campaigns.claiming.account_reading import AccountView, read_account
from campaigns.claiming.budget import RATE_HORIZON_SECONDS, after_sends, fleet_room, send_times
from campaigns.claiming.fleet_uses import keep_use
from campaigns.claiming.new_attempts import Reserved, insert
from campaigns.claiming.queues import queues_of
from campaigns.claiming.second_look import IN_OTHER_HANDS_SECONDS, keep_apart
from campaigns.claiming.slots import UNBOUNDED
from dialer.sql import hot_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one turn reserved; ``wait_seconds`` is set when something holds the account for so long: a rate, a back-off,
    or people whom another account has in hand.

    ``placing_since_seconds``: they are PLACING already, since this instant of the monotonic clock or later.
    """

    reserved: list[Reserved]
    account: AccountView | None
    wait_seconds: float | None = None
    more: bool = False
    placing_since_seconds: float | None = None


NOTHING = Claim(reserved=[], account=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """What a process can keep of a limit of calls per second: so many more that leave in time, the first so late.

    ``now``: by PostgreSQL's clock, which the times to send of all processes go by; without it, the claim's.
    """

    room: int
    lead_seconds: float = 0.0
    now: datetime | None = None


def claim(
    *, account_id: int, now: datetime, room: int, paced: Paced | None = None, leaves_at_once: bool = False
) -> Claim:
    """Reserve calls of one account: at most ``room``, and never past a limit. Commits before it returns.

    ``paced`` counts where the account has a limit of calls per second. ``leaves_at_once``: the caller lets all requests
    begin as soon as this returns, so that those which need not wait for their turn are PLACING with the same commit.
    """
    if room <= 0:
        return NOTHING
    with transaction.atomic(), hot_cursor() as cursor:
        locked = account_gate.lock_gates(cursor, account_id=account_id)
        if account_id not in locked:
            return NOTHING
        account = read_account(cursor, account_id=account_id, gates=locked, now=now)
        if account is None:
            return NOTHING
        wait = _backoff_wait(account, now)
        if wait is not None:
            return Claim(reserved=[], account=account, wait_seconds=wait)
        paced = paced or Paced(room=room)
        return _reserve(cursor, account=account, now=now, room=room, paced=paced, leaves_at_once=leaves_at_once)


def _backoff_wait(account: AccountView, now: datetime) -> float | None:
    until = account.gate.backoff_until
    return (until - now).total_seconds() if until is not None and until > now else None


def budget(*, account: AccountView, now: datetime) -> int:
    """Return how many calls the account could start now, before rates: its limit, the fleet, a probe after back-off."""
    return max(0, min(rooms(account=account, now=now).values(), default=UNBOUNDED))


def rooms(*, account: AccountView, now: datetime) -> dict[str, int]:
    """Return how many calls each limit of the account lets it start now: FLEET, ACCOUNT_LIMIT, PROBE."""
    found = {}
    if account.has_fleet:
        found["FLEET"] = fleet_room(reading=account.reading, live_now=account.live, now=now)
    if account.max_live_calls is not None:
        found["ACCOUNT_LIMIT"] = account.max_live_calls - account.live
    if account.is_probing:
        # Half open: one call shows whether the provider takes calls again, and the next waits for its answer.
        found["PROBE"] = 1 - account.unanswered
    return found


def _reserve(
    cursor: Any, *, account: AccountView, now: datetime, room: int, paced: Paced, leaves_at_once: bool
) -> Claim:
    is_paced = account.calls_per_second is not None
    most = min(room, paced.room if is_paced else room, budget(account=account, now=now))
    alone = {campaign.id: campaign.share.room for campaign in account.campaigns}
    times = send_times(
        next_send_at=account.gate.next_send_at,
        calls_per_second=account.calls_per_second,
        wanted=min(most, sum(alone.values())),
        now=paced.now or now,
        lead_seconds=paced.lead_seconds,
    )
    held_by_rate = is_paced and len(times) < most
    wait = RATE_HORIZON_SECONDS / 2 if held_by_rate else None
    if not times:
        return Claim(reserved=[], account=account, wait_seconds=wait)
    queues = queues_of(cursor, account=account, rooms=alone, most=len(times), now=now)
    shares = [campaign.share for campaign in account.campaigns]
    seating.take_turns(shares=shares, turns=account.gate.turns)
    seats = seating.seat(shares=shares, waiting=queues, budget=len(times))
    waiting = {campaign_id: queue.leads for campaign_id, queue in queues.items()}
    rules = {campaign.id: campaign.rules for campaign in account.campaigns}
    seats, anyone_in_hand = keep_apart(cursor, rules=rules, waiting=waiting, seats=seats, now=now)
    placing = leaves_at_once and not is_paced
    since_seconds = time.monotonic() if placing else None
    reserved = insert(cursor, account=account, waiting=waiting, seats=seats, times=times, now=now, placing=placing)
    if sum(queue.may_wait for queue in queues.values()) > 1:
        turns = seating.turns_after(shares=shares, turns=account.gate.turns)
        account_gate.set_turns(cursor, account_id=account.id, turns=turns)
    if reserved:
        _keep_what_was_taken(cursor, account=account, times=times[: len(seats)])
    if anyone_in_hand and wait is None:
        wait = IN_OTHER_HANDS_SECONDS
    # Leads that a rule took out of the way may have hidden callable ones: look again at once.
    return Claim(
        reserved=reserved,
        account=account,
        wait_seconds=wait,
        more=any(queue.has_judged for queue in queues.values()),
        placing_since_seconds=since_seconds,
    )


def _keep_what_was_taken(cursor: Any, *, account: AccountView, times: Sequence[datetime]) -> None:
    """Write down that the fleet's count was gone by, and when the next request may leave after these ``times``."""
    keep_use(cursor, account=account)
    if account.calls_per_second is not None:
        following = after_sends(times=times, calls_per_second=account.calls_per_second)
        account_gate.set_next_send(cursor, account_id=account.id, next_send_at=following)
