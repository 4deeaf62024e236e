"""What an account and a campaign's own limits let start now, as claiming counts it, each as a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.claiming import budget
from campaigns.claiming.account_reading import AccountView
from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.did_limits import FAR
from campaigns.claiming.reserving import rooms
from campaigns.claiming.slots import Slot
from campaigns.explaining.checks import Check, Limit, Mends
from campaigns.explaining.line_owners import Held, Holders, Part, by_account, by_did
from dialer.numbers import mask


def back_off(account: AccountView, now: datetime) -> Check:
    """Return whether the account rests after refusals by the provider."""
    until = account.gate.backoff_until
    if until is None or until <= now:
        return Check(limit=Limit.BACK_OFF, said="The provider takes calls.")
    return Check(
        limit=Limit.BACK_OFF,
        said="The provider turns calls away: the account rests before the next try.",
        mends=Mends.TIME,
        until=until,
        values={"refusals_in_row": account.gate.refusals_in_row},
    )


_ROOM_WORDS = {
    "FLEET": "The provider says it has room for {room} more calls.",
    "ACCOUNT_LIMIT": "The account has {live} of {limit} lines taken.",
    "PROBE": "The provider has turned calls away: one call at a time shows whether it takes them again.",
    "CAMPAIGN_LIMIT": "The campaign has {live} of {limit} lines taken.",
    "DID": "Its DIDs have {live} of {limit} lines taken.",
    "AGENT": "Its agents have room for {room} more calls.",
}


def account_rooms(account: AccountView, holders: Holders, now: datetime) -> list[Check]:
    """Return what the provider's fleet, the account's own limit and a trial after a rest let start."""
    found = []
    for name, room in rooms(account=account, now=now).items():
        if name == "ACCOUNT_LIMIT":
            values = {"live": account.live, "limit": account.max_live_calls}
            found.append(_lines(Limit.ACCOUNT_LIMIT, room, values, holders, lambda held: held.account_id == account.id))
        else:
            found.append(_room(Limit(name), room, values=_fleet(account) if name == "FLEET" else {}))
    return found


def _lines(
    limit: Limit,
    room: int,
    values: dict[str, Any],
    holders: Holders,
    where: Callable[[Held], bool],
    by: Part = by_account,
) -> Check:
    """Return the check of lines that are counted; where all are taken it says by whom."""
    if room > 0:
        return _room(limit, room, values=values)
    said, lines = holders.of_lines(where, live=values["live"], by=by)
    taken = _ROOM_WORDS[limit.value].format(**values)
    text = f"{taken.removesuffix('.')}: {said}." if said else taken
    return _room(limit, room, values=values | {"lines": lines}, said=text)


def _fleet(account: AccountView) -> dict[str, Any]:
    reading = account.reading
    values = {"measured_at": reading.measured_at, "available": reading.available} if reading else {}
    return {**values, "problem": account.gate.fleet_problem}


def _room(
    limit: Limit, room: int, *, values: Mapping[str, Any], until: datetime | None = None, said: str = ""
) -> Check:
    text = said or _ROOM_WORDS[limit.value].format(room=max(room, 0), **values)
    if limit == Limit.FLEET and room <= 0:
        text = "The provider has no room" + (f": it {values['problem']}." if values.get("problem") else ".")
    mends = None if room > 0 else Mends.TIME if until is not None else Mends.ROOM
    return Check(limit=limit, said=text, mends=mends, until=until, values=values, room=max(room, 0))


def rate(account: AccountView, now: datetime) -> Check:
    """Return whether the account's calls per second let one start."""
    times = budget.send_times(
        next_send_at=account.gate.next_send_at, calls_per_second=account.calls_per_second, wanted=1, now=now
    )
    values = {"calls_per_second": account.calls_per_second}
    if times:
        said = "No limit of calls per second holds." if account.calls_per_second is None else "The rate has room."
        return Check(limit=Limit.RATE, said=said, values=values)
    until = account.gate.next_send_at
    free_at = until - timedelta(seconds=budget.RATE_HORIZON_SECONDS) if until else None
    said = f"At most {account.calls_per_second:g} calls a second."
    return Check(limit=Limit.RATE, said=said, mends=Mends.TIME, until=free_at, values=values, room=0)


def own_rooms(view: CampaignView, holders: Holders) -> list[Check]:
    """Return what the campaign's own limit, its DIDs and its agents let start."""
    share, found = view.share, []
    for name, room in share.rooms.items():
        if name == "DID":
            found.append(_dids(share.dids, room, holders))
        elif name == "AGENT":
            lines = {"agents": len(share.agents or ()), "live": sum(agent.live for agent in share.agents or ())}
            found.append(_room(Limit.AGENT, room, values=lines))
        else:
            values = {"live": share.live, "limit": share.limit}
            found.append(_lines(Limit(name), room, values, holders, lambda held: held.campaign_id == view.id))
    return found


def _dids(dids: Sequence[Slot], room: int, holders: Holders) -> Check:
    told = [
        {"number": slot.number, "live": slot.live, "limit": slot.limit, "free": slot.free, "held_by": slot.held_by}
        | ({"free_at": slot.free_at} if slot.free_at else {})
        for slot in dids
    ]
    usable = {slot.id: slot for slot in dids if slot.left}
    if not usable:
        return _held_dids(dids, told)
    live, limit = (sum(getattr(slot, name) for slot in usable.values()) for name in ("live", "limit"))
    values = {"live": live, "limit": limit, "dids": told}
    return _lines(Limit.DID, room, values, holders, lambda held: held.did_id in usable, by_did)


def _held_dids(dids: Sequence[Slot], told: list[dict[str, Any]]) -> Check:
    """Return the check of DIDs all of which caps, a rest or a switch hold: the first to be free is named."""
    first = min(dids, key=lambda slot: slot.free_at or FAR)
    name = mask(first.number) if first.number else "the first"
    said = f"All its DIDs are held; {name} {first.held_by or 'is switched off'}."
    if first.free_at is None:
        return Check(limit=Limit.DID, said=said, mends=Mends.PERSON, values={"dids": told}, room=0)
    return _room(Limit.DID, 0, until=first.free_at, said=said, values={"dids": told})
