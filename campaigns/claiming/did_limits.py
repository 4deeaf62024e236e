"""How many more calls the DIDs of campaigns take: by their switch, their rest, their caps, and the profile's series."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from campaigns.claiming.did_calls import Calls, look, to_look_at
from campaigns.claiming.did_rows import DIDRow, DIDs, read_rows
from campaigns.claiming.slots import Slot
from campaigns.rules.deciding import DIDFacts, Profile, series_problem
from campaigns.rules.may_call import DIDLine
from campaigns.rules.ruleset import CampaignRules

#: After all instants at which a DID may be free again.
FAR = datetime.max.replace(tzinfo=UTC)


def read_dids(
    cursor: Any,
    *,
    campaign_ids: Sequence[int],
    account_id: int | None,
    live: Mapping[int, int],
    counted_for: Collection[int],
    now: datetime,
    keep: bool,
) -> DIDs:
    """Return the DIDs of campaigns; of ``counted_for``, campaigns whose rotation asks for it, with their use of late.

    Slots are those of ``account_id``; None: of all accounts. ``keep``: what had to be counted is written down for later
    turns, for who holds the lock of the gate; without it nothing is written, for those who only look.
    """
    slots: dict[int, Slot] = {}
    by_campaign: dict[int, list[Slot]] = {}
    own: dict[int, DIDRow] = {}
    counted: set[int] = set()
    lines: dict[int, list[DIDLine]] = {}
    for row in read_rows(cursor, campaign_ids=campaign_ids):
        lines.setdefault(row.campaign_id, []).append(DIDLine(row.number, row.account_id, row.is_active))
        if account_id not in (None, row.account_id):
            continue
        if row.id not in own:
            own[row.id] = row
            slots[row.id] = Slot(id=row.id, limit=max(row.limit, 1), live=live.get(row.id, 0), number=row.number)
            _apply_switch_and_rest(slots[row.id], row, now)
        by_campaign.setdefault(row.campaign_id, []).append(slots[row.id])
        if row.campaign_id in counted_for:
            counted.add(row.id)
    _apply_calls(cursor, slots=slots, rows=own, counted=counted, now=now, keep=keep)
    return DIDs(
        by_campaign=by_campaign,
        numbers={slot.id: slot.number for slot in slots.values()},
        on_trial={pk: row.trial for pk, row in own.items() if row.trial is not None and slots[pk].free},
        lines=lines,
    )


def _apply_switch_and_rest(slot: Slot, row: DIDRow, now: datetime) -> None:
    if row.limit == 0:
        slot.left = 0
    if row.resting_until is not None and row.resting_until > now:
        slot.hold(until=row.resting_until, reason="rests after too few answers, or by hand")


def _apply_calls(
    cursor: Any,
    *,
    slots: Mapping[int, Slot],
    rows: Mapping[int, DIDRow],
    counted: Collection[int],
    now: datetime,
    keep: bool,
) -> None:
    """Take what caps leave of DIDs, and say how much those were used that are chosen by it."""
    asked = {pk: row for pk, row in rows.items() if row.per_hour or row.per_day or row.percent or pk in counted}
    known = {pk: row.calls for pk, row in asked.items()}
    caps = {pk: row.caps for pk, row in asked.items()}
    looks, waiting = to_look_at(known=known, caps=caps, counted=counted, now=now, only_looking=not keep)
    found = look(cursor, did_ids=looks, caps=caps, counted=counted, now=now, keep=keep)
    for did_id in asked:
        calls = found.get(did_id) or known[did_id]
        if did_id in waiting or calls is None:
            slots[did_id].left, slots[did_id].held_by = 0, "has its calls counted in a moment"
        else:
            _apply_caps(slots[did_id], calls)


def _apply_caps(slot: Slot, calls: Calls) -> None:
    slot.used, slot.last_turn = calls.day_calls, calls.latest_at.timestamp() if calls.latest_at else 0.0
    for cap, made, free_at, word in calls.spans:
        if cap is None:
            continue
        slot.left = min(slot.left, max(0, cap - made))
        if made >= cap and free_at is not None:
            slot.hold(until=free_at, reason=f"has made its {cap} calls of the {word}")


def held_dids(
    cursor: Any, *, campaign_ids: Sequence[int], rules: Mapping[int, CampaignRules], now: datetime
) -> dict[int, tuple[datetime | None, str]]:
    """Return, of campaigns none of whose DIDs may call at ``now`` whatever is live, from when one may, and why not now.

    No instant where no time mends it: switched off, or outside the number series that the profile asks for.
    """
    if not campaign_ids:
        return {}
    dids = read_dids(cursor, campaign_ids=campaign_ids, account_id=None, live={}, counted_for=(), now=now, keep=False)
    held: dict[int, tuple[datetime | None, str]] = {}
    for campaign_id in campaign_ids:
        own = rules[campaign_id]
        slots = of_series(slots=dids.by_campaign.get(campaign_id, []), profile=own.profile, purpose=own.purpose)
        if slots and not any(slot.free for slot in slots):
            first = min(slots, key=lambda slot: slot.free_at or FAR)
            subject = "Its DID" if len(slots) == 1 else f"All its {len(slots)} DIDs are held; the first"
            held[campaign_id] = (first.free_at, f"{subject} {first.held_by or 'is switched off'}")
    return held


def of_series(*, slots: Sequence[Slot], profile: Profile | None, purpose: str) -> list[Slot]:
    """Return the slots with those that the profile does not let call for this purpose taken: nothing leaves them.

    Where the profile asks for a series and the campaign has no DID, one taken slot stands for the one it lacks.
    """
    if profile is None or not profile.series.get(purpose):
        return list(slots)
    if not slots:
        return [Slot(id=0, limit=1, live=0, left=0, held_by="is missing: the profile asks for a number series")]
    kept = []
    for slot in slots:
        problem = series_problem(did=DIDFacts(number=slot.number, purpose=purpose), profile=profile)
        kept.append(
            slot
            if problem is None
            else Slot(id=slot.id, limit=1, live=0, left=0, held_by=f"is no number for it: {problem.detail}")
        )
    return kept
