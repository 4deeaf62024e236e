"""The reserving transaction: who may be called now, on which DID and agent, within every limit.

Under the lock of the account's gate, and in statements after the one that locks (at READ COMMITTED a statement that
locks *and* counts can see a slot that is already taken), this counts the live attempts, takes due leads, judges each
by the rules, and inserts attempts. The insert is the reservation: a live attempt *is* the slot.
Nothing leaves the house here; ``campaigns.placing.sending`` places what is reserved, outside of any transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.claiming import gate as account_gate
from campaigns.claiming import seating
from campaigns.claiming.account_reading import AccountView, read_account
from campaigns.claiming.budget import RATE_HORIZON_SECONDS, after_sends, fleet_room, send_times
from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.due import DueLead, due_leads, read_in_order
from campaigns.claiming.fleet_uses import keep_use
from campaigns.claiming.judging import callers, is_closed, judge
from campaigns.claiming.new_attempts import Reserved, insert
from campaigns.claiming.second_look import IN_OTHER_HANDS_SECONDS, keep_apart
from dialer.sql import hot_cursor

#: While an account is probed, the lead to try is chosen among so many.
PROBE_AMONG = 20
#: Where leads are judged one by one and some may not be called now, so many more are looked at.
LOOK_AMONG = 500

#: A campaign whose first leads are put out of the way by a rule is looked at again so often in one turn. Campaigns
#: that share people go through them side by side: without it, one finds the other's people on the line each time.
LOOKS_PER_TURN = 5


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
    return max(0, min(rooms(account=account, now=now).values(), default=seating.UNBOUNDED))


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
    times = send_times(
        next_send_at=account.gate.next_send_at,
        calls_per_second=account.calls_per_second,
        wanted=min(most, sum(campaign.share.room for campaign in account.campaigns)),
        now=paced.now or now,
        lead_seconds=paced.lead_seconds,
    )
    held_by_rate = is_paced and len(times) < most
    wait = RATE_HORIZON_SECONDS / 2 if held_by_rate else None
    if not times:
        return Claim(reserved=[], account=account, wait_seconds=wait)
    waiting, judged = _callable(cursor, account=account, now=now, most=len(times))
    shares = [campaign.share for campaign in account.campaigns]
    seating.take_turns(shares=shares, turns=account.gate.turns)
    seats = seating.seat(
        shares=shares,
        waiting={campaign_id: [lead.numbers for lead in leads] for campaign_id, leads in waiting.items()},
        budget=len(times),
    )
    rules = {campaign.id: campaign.rules for campaign in account.campaigns}
    seats, anyone_in_hand = keep_apart(cursor, rules=rules, waiting=waiting, seats=seats, now=now)
    placing = leaves_at_once and not is_paced
    since_seconds = time.monotonic() if placing else None
    reserved = insert(cursor, account=account, waiting=waiting, seats=seats, times=times, now=now, placing=placing)
    if reserved:
        keep_use(cursor, account=account)
    if sum(map(bool, waiting.values())) > 1:
        turns = seating.turns_after(shares=shares, turns=account.gate.turns)
        account_gate.set_turns(cursor, account_id=account.id, turns=turns)
    if reserved and account.calls_per_second is not None:  # is_paced, said so that types see it
        account_gate.set_next_send(
            cursor,
            account_id=account.id,
            next_send_at=after_sends(times=times[: len(seats)], calls_per_second=account.calls_per_second),
        )
    if anyone_in_hand and wait is None:
        wait = IN_OTHER_HANDS_SECONDS
    # Leads that a rule took out of the way may have hidden callable ones: look again at once.
    return Claim(
        reserved=reserved, account=account, wait_seconds=wait, more=judged, placing_since_seconds=since_seconds
    )


def _callable(cursor: Any, *, account: AccountView, now: datetime, most: int) -> tuple[dict[int, list[DueLead]], bool]:
    """Return the callable due leads by campaign, and whether any lead was put out of the way by a rule."""
    waiting: dict[int, list[DueLead]] = {}
    anyone_judged = False
    read_in_order(cursor)
    for campaign in account.campaigns:
        wanted = min(most, campaign.share.room)
        if wanted <= 0 or is_closed(rules=campaign.rules, now=now):
            continue
        good, judged = _callable_of(cursor, campaign=campaign, wanted=wanted, probing=account.is_probing, now=now)
        anyone_judged = anyone_judged or judged
        if good:
            waiting[campaign.id] = good
            campaign.share.callers = callers(cursor, rules=campaign.rules, leads=good)
    return waiting, anyone_judged


def _callable_of(
    cursor: Any, *, campaign: CampaignView, wanted: int, probing: bool, now: datetime
) -> tuple[list[DueLead], bool]:
    """Return up to ``wanted`` callable leads of one campaign, and whether any was put out of the way."""
    good: list[DueLead] = []
    anyone_judged = False
    limit = max(wanted, PROBE_AMONG) if probing else wanted
    for _ in range(LOOKS_PER_TURN):
        known = {lead.id for lead in good}
        due = due_leads(
            cursor,
            campaign_id=campaign.id,
            now=now,
            limit=limit,
            number_names=campaign.rules.matrix.other_numbers,
            standing_in=campaign.is_standing_in,
        )
        leads = [lead for lead in due if lead.id not in known]
        if probing:
            # The one call that shows whether the provider takes calls again is not for a lead that it always refuses.
            leads = sorted(leads, key=lambda lead: lead.turned_away)[:wanted]
        if not leads:
            break
        accepted, judged = judge(cursor, campaign_id=campaign.id, rules=campaign.rules, leads=leads, now=now)
        good += accepted
        anyone_judged = anyone_judged or judged
        if len(good) >= wanted or not judged:
            break
        limit = len(good) + (LOOK_AMONG if campaign.rules.judges_leads else wanted)
    return good[:wanted], anyone_judged
