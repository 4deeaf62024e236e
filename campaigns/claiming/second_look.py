"""Whom another account may be about to call as well: chosen people are locked, and looked at once more.

Accounts claim side by side, each under its own gate. What one is about to insert no other sees before it commits: two
could ring two numbers of one person in the same instant, or both find room in a cap for one more call. One number is
kept apart by a unique index alone. So a claim that chose people with several numbers, or by caps, locks their numbers
and judges them again: what was committed before the lock is seen then, and nothing is committed against it afterwards.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.claiming.due import DueLead
from campaigns.claiming.judging import judge
from campaigns.claiming.seating import Seat
from campaigns.rules.ruleset import CampaignRules
from dialer import advisory_locks
from dialer.advisory_locks import AdvisoryLock

#: Whom another account has in hand is over in a moment: looked at again after this long.
IN_OTHER_HANDS_SECONDS = 0.05


def keep_apart(
    cursor: Any,
    *,
    rules: Mapping[int, CampaignRules],
    waiting: Mapping[int, Sequence[DueLead]],
    seats: Sequence[Seat],
    now: datetime,
) -> tuple[list[Seat], bool]:
    """Return the seats of those whom no other account is about to call, and whether there are others.

    ``rules`` and ``waiting``, whom the seats are of, by campaign.
    """
    chosen: dict[int, list[DueLead]] = {}
    for seat in seats:
        chosen.setdefault(seat.campaign_id, []).append(waiting[seat.campaign_id][seat.lead_position])
    free = {
        lead.id
        for campaign_id, leads in chosen.items()
        for lead in free_of_others(cursor, campaign_id=campaign_id, rules=rules[campaign_id], leads=leads, now=now)
    }
    kept = [seat for seat in seats if waiting[seat.campaign_id][seat.lead_position].id in free]
    return kept, len(kept) < len(seats)


def one_each(leads: Sequence[DueLead]) -> list[DueLead]:
    """Return, of leads that are called together, those whose person is not rung by one before: as ``seating.seat``."""
    rung: set[str] = set()
    kept = []
    for lead in leads:
        if rung.isdisjoint(lead.numbers):
            kept.append(lead)
            rung.add(lead.number)
    return kept


def free_of_others(
    cursor: Any, *, campaign_id: int, rules: CampaignRules, leads: Sequence[DueLead], now: datetime
) -> list[DueLead]:
    """Return those of the chosen leads, which are locked, that may still be called; nobody else claims their people.

    Whom another claim has in hand is left out and not put off: it is over in a moment.
    """
    shared = [lead for lead in leads if rules.caps or len(lead.numbers) > 1]
    if not shared:
        return list(leads)
    lock = AdvisoryLock.REHEARSED_PERSON if rules.rehearsal else AdvisoryLock.PERSON
    keys = {number: _key(number) for lead in shared for number in lead.numbers}
    taken = advisory_locks.try_take_each(cursor, lock, which=sorted(set(keys.values())))
    ours = [lead for lead in shared if all(keys[number] in taken for number in lead.numbers)]
    again = judge(cursor, campaign_id=campaign_id, rules=rules, leads=ours, now=now)[0] if ours else []
    out = {lead.id for lead in shared} - {lead.id for lead in again}
    return [lead for lead in leads if lead.id not in out]


def _key(number: str) -> int:
    """Return the lock of a number. Two numbers with one lock wait for each other now and then, no more."""
    return zlib.crc32(number.encode()) & 0x7FFFFFFF
