"""What a preflight comes to: whether the campaign can start, what to look at first, the plan in a sentence. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dialer.numbers import mask
from dialer.wall_clocks import at_clock

#: A first call within this time of the look is "now".
AT_ONCE = timedelta(minutes=1)
#: So many of the campaign's own numbers are named.
NAMED_NUMBERS = 3
_TOLD_DIGITS = 2


class Verdict(enum.StrEnum):
    """RED: it cannot start, or would call nobody. AMBER: it can, and something is to be known before. GREEN: it can."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"


def refusals(found: Mapping[str, Any], *, waits_for_leads: bool) -> list[str]:
    """Return why it cannot start. ``waits_for_leads``: leads come later, one by one or at each run."""
    said = list(found["problems"])
    if not found["callable"] and not said and not waits_for_leads:
        said.append(
            f"Nobody can be called: of {_people(found['people'])} in its lists none is left."
            if found["people"]
            else "Nobody can be called: its lists are empty, or everybody in them was called. Upload contacts."
        )
    return said


def warnings(found: Mapping[str, Any]) -> Iterator[str]:
    """Give what a person must know before the start, a sentence each."""
    for one in found["missing_variables"]:
        has = "has" if one["contacts"] == 1 else "have"
        yield f"{_people(one['contacts'])} {has} no {one['name']}, needed by {one['needed_by']}."
    for name, words in _WITHOUT_CALL.items():
        if found[name]:
            yield words.format(people=_people(found[name]))
    for one in found.get("in_other_campaigns", ()):
        waits = "waits" if one["people"] == 1 else "wait"
        other = f"{one['name']} ({one['state'].lower()})"
        yield f"{_people(one['people'])} {waits} in the campaign {other} as well: both call them, by the caps of each."
    for reason, people in found["never_reasons"].items():
        yield f"{_people(people)} can be called at no instant: {reason}"
    if found["callable"] and found["finish_at"] is None:
        yield "Its end is not in sight: by its limits and hours the calls take longer than the plan looks ahead."
    yield from found["hindrances"]


_WITHOUT_CALL = {
    "held": "{people} may have refused calls: nobody calls them before somebody has decided (To decide).",
    "invalid": "{people} cannot be called at their number: it is none.",
    "lacking_required": "{people} cannot be called by the rules profile: what it requires of a contact is missing.",
}


def verdict(*, refused: Sequence[str], warned: Sequence[str]) -> Verdict:
    """Return the verdict of what was found."""
    if refused:
        return Verdict.RED
    return Verdict.AMBER if warned else Verdict.GREEN


def in_a_sentence(found: Mapping[str, Any], *, zone: str, now: datetime) -> str:
    """Return the plan as people say it: "54 people, first calls now, done about 18:30 IST, at most 4 at once, …"."""
    parts = [_people(found["callable"])]
    first, finish = found["first_call_at"], found["finish_at"]
    if first is not None:
        at_once = first - now < AT_ONCE
        parts.append(f"first calls {'now' if at_once else at_clock(first, zone=zone, now=now)}")
    if finish is not None:
        parts.append(f"done about {at_clock(finish, zone=zone, now=now)}")
    parts.append(f"at most {found['assumed']['lines']:,} at once")
    if found["from_numbers"]:
        parts.append(f"from {told_numbers(found['from_numbers'])}")
    return ", ".join(parts)


def told_numbers(numbers: Sequence[str]) -> str:
    """Return numbers by their ends, as "+91…11 and …12"."""
    ends = [f"…{number[-_TOLD_DIGITS:]}" for number in numbers[:NAMED_NUMBERS]]
    ends[0] = f"{mask(numbers[0]).partition('…')[0]}{ends[0]}"
    more = len(numbers) - len(ends)
    if more:
        return f"{', '.join(ends)} and {more:,} more"
    return " and ".join((", ".join(ends[:-1]), ends[-1])) if len(ends) > 1 else ends[0]


def _people(quantity: int) -> str:
    return "1 person" if quantity == 1 else f"{quantity:,} people"
