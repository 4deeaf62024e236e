"""When a call that nobody told of was none: the account's whole log was read, twice, and no row of it may be the call.

A request without a clear answer may have rung somebody, and so may a call that was taken and never heard of again. A
log that lists every call shows which of them did not happen, but only

* once the call would be over: logs write a row when its call ends. ``over_by`` takes the longest call of the account
  from the last instant at which the request can have been taken;
* twice, so far apart that the provider has written its rows meanwhile (``APART``);
* read from before the request was sent, to the end, without a gap, a page cut short or damaged, or a row left out;
* by a log that is seen to list our calls: clocks that differ, a wrong time zone, a page that is cut in silence show in
  the calls whose end is known. It has to list one of them at least, and lack none (``doubt``);
* when no row may be the call, however its number is spelled and whoever called whom: a row that may be it, in any
  reading, ends the question.

What errs here errs to silence: the call then ends as it always did.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: The second reading is so much later than the first: a provider's delay in writing rows, several times over.
APART = timedelta(seconds=30)
#: The clocks of a provider and of ours are not further apart than this; where they are, ``doubt`` sees it.
CLOCKS_APART = timedelta(minutes=2)
#: After its call would be over, an attempt waits for the log for so long; then it ends as if there were none.
WAITS_FOR_LOG = timedelta(minutes=5)
#: Numbers are compared by their last digits; what has fewer may be an extension, or the end of a number.
SAME_DIGITS = 7
LEAST_DIGITS = 3

_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")
_DIGITS = re.compile(r"[0-9]+")
_MASKED = re.compile(r"[xX*•]{2,}|[0-9][xX*•]|[xX*•][0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call without a result. ``may_be_absent``: the log lists such calls, and no row that was seen may be it.

    ``first_at``: when the log was first read without it; ``absent_at``: when it was read so again.
    """

    number: str
    placing_at: datetime
    over_by: datetime
    may_be_absent: bool = True
    first_at: datetime | None = None
    absent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a log: whom it names, as the provider writes them, and when its call began, None where unsaid."""

    parties: tuple[str, ...]
    began_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A call of ours that certainly rang: somebody told its end, at ``ended_at`` at the latest."""

    number: str
    placing_at: datetime
    ended_at: datetime


class Rows:
    """The rows of a reading, found by the ends of numbers. One that names no number may be anybody's call."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._by_end: dict[str, list[datetime | None]] = defaultdict(list)
        self._anybodys: list[datetime | None] = []
        for row in rows:
            ends = {end for party in row.parties for end in _ends(party)}
            if not ends or any(_MASKED.search(party) for party in row.parties):
                self._anybodys.append(row.began_at)
            for end in ends:
                self._by_end[end].append(row.began_at)

    def may_be(self, call: Call) -> bool:
        """Return whether a row may be the call."""
        began = [*self._anybodys, *(at for end in _own_ends(call.number) for at in self._by_end.get(end, ()))]
        return any(at is None or at >= call.placing_at - CLOCKS_APART for at in began)

    def has(self, witness: Witness) -> bool:
        """Return whether a row is certainly of this call's number and time."""
        first, last = witness.placing_at - CLOCKS_APART, witness.ended_at + CLOCKS_APART
        whole_end = _digits(witness.number)[-SAME_DIGITS:]
        return any(at is not None and first <= at <= last for at in self._by_end.get(whole_end, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """A log as it was read from ``since_at``, asked for at ``asked_at``. ``is_whole``: nothing of it is missing."""

    since_at: datetime
    asked_at: datetime
    is_whole: bool
    rows: Rows

    def covers(self, placing_at: datetime) -> bool:
        """Return whether a call of that request is in it, by whichever clock."""
        return self.since_at <= placing_at - CLOCKS_APART


def over_by(
    *,
    reserved_at: datetime,
    placing_at: datetime,
    placed_at: datetime | None,
    deadline_at: datetime,
    reply_timeout_seconds: float,
) -> datetime:
    """Return from when on the call is over if it was one, however late it was taken and however long it lasted."""
    taken_by = placed_at or placing_at + timedelta(seconds=reply_timeout_seconds)
    return taken_by + (deadline_at - reserved_at)


def doubt(reading: LogReading, *, witnesses: Sequence[Witness]) -> str:
    """Return why what this log lacks says nothing, as a sentence; empty where it does.

    ``witnesses``: the account's calls of the stretch. Of those that ended just now the log may not know yet.
    """
    if not reading.is_whole:
        return "The log could not be read whole."
    known = [
        each for each in witnesses if reading.covers(each.placing_at) and each.ended_at <= reading.asked_at - APART
    ]
    missing = sum(not reading.rows.has(each) for each in known)
    if missing:
        return f"The log lacks {missing} of {len(known)} calls that are known to have rung: check the time zone."
    return "" if known else "The log was read, and no call is known by which to tell that it lists ours."


def after_reading(call: Call, *, reading: LogReading, doubted: bool) -> Call:
    """Return what is known of a call's absence after a reading; ``doubted``: by ``doubt``."""
    if reading.rows.may_be(call):
        return replace(call, may_be_absent=False, first_at=None, absent_at=None)
    if doubted or not reading.is_whole or not call.may_be_absent or call.absent_at is not None:
        return call
    if not reading.covers(call.placing_at) or reading.asked_at < call.over_by:
        return call
    if call.first_at is None:
        return replace(call, first_at=reading.asked_at)
    return replace(call, absent_at=reading.asked_at) if reading.asked_at - call.first_at >= APART else call


def waits_for_log(call: Call, *, now: datetime) -> bool:
    """Return whether the end of a call without a result waits for the log to be read."""
    return call.may_be_absent and call.absent_at is None and now < call.over_by + WAITS_FOR_LOG


def in_words(*, first_at: datetime | None, absent_at: datetime | None) -> str:
    """Return what is known of a call's absence, empty where nothing is."""
    at, times = (absent_at, "twice") if absent_at is not None else (first_at, "once")
    return f"Not in the log read until {at:%Y-%m-%d %H:%M:%S} UTC, {times}" if at is not None else ""


def _digits(text: str) -> str:
    return "".join(_DIGITS.findall(text))


def _ends(party: str) -> Iterator[str]:
    """Yield the ends by which a party as a provider writes it can be found; none for names."""
    for run in _DIGITS.findall(_BETWEEN_DIGITS.sub("", party)):
        if len(run) >= LEAST_DIGITS:
            yield run[-SAME_DIGITS:]


def _own_ends(number: str) -> Iterator[str]:
    digits = _digits(number)
    return (digits[-length:] for length in range(LEAST_DIGITS, SAME_DIGITS + 1))
