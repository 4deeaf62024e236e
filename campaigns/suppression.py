"""Numbers never to call: put on a list and taken off, one by one, in bulk or from a file. Claiming reads the lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction

from campaigns.acts import LIFT, SUPPRESS
from campaigns.importing import AS_FOUND, Choices, file_rows
from campaigns.importing.sources import records_of
from campaigns.leads.rechecking import suppression_eased
from campaigns.models import SuppressedNumber, SuppressionList
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused, Row
from campaigns.sheets.cells import as_text
from dialer.audit import record
from dialer.audit.rows import row_added
from dialer.numbering.problems import NumberProblem, NumberProblemCode
from dialer.numbering.readings import readings
from dialer.wall_clocks import LAST_INSTANT, TOO_LATE

#: The list that is made with the first number that somebody suppresses.
DO_NOT_CALL = "Do not call"
BATCH_ROWS = 10_000
REASON_LENGTH = 200
#: So many of the numbers of one act are named in its entry.
NAMED = 20
#: What a text means: the likeliest number and others, or why none.
Meant = tuple[str, ...] | NumberProblem
#: Row, text, and why it cannot be read.
Entry = tuple[int, str, NumberProblem | None]
# What suppresses for longer wins, and for ever is longest: suppressing again never shortens.
_SUPPRESS = """
INSERT INTO campaigns_suppressednumber (suppression_list_id, number, reason, until)
SELECT %(list)s, number, %(reason)s, %(until)s FROM unnest(%(numbers)s::text[]) AS number
ON CONFLICT (suppression_list_id, number) DO UPDATE SET reason = EXCLUDED.reason, until = EXCLUDED.until
WHERE campaigns_suppressednumber.until IS NOT NULL
  AND (EXCLUDED.until IS NULL OR EXCLUDED.until > campaigns_suppressednumber.until)
RETURNING number, xmax = 0
"""  # xmax is zero in a row that was inserted, and not in one that was changed


@dataclass(frozen=True, slots=True)
class NumberResult:
    """What became of one number: ADDED, CHANGED, UNCHANGED, REMOVED, ABSENT or REFUSED. ``row`` counts from 1.

    In a file it is the row as a spreadsheet shows it. ``number`` is as given, ``message`` says why it was refused, or
    which numbers were taken, where the text may mean several: old and new spellings of one line are listed together.
    """

    row: int
    number: str
    result: str
    message: str = ""


@transaction.atomic
def do_not_call() -> SuppressionList:
    """Return the list of those whom no campaign calls, made where nobody has made any."""
    found, is_new = SuppressionList.objects.get_or_create(name=DO_NOT_CALL, defaults={"applies_to_all": True})
    if is_new:
        row_added(found)
    return found


def suppress(
    *,
    numbers: Iterable[str],
    suppression_list: SuppressionList,
    reason: str = "",
    until: datetime | None = None,
    region: str | None = None,
    now: datetime,
) -> list[NumberResult]:
    """Suppress numbers until an instant (None: for ever) and return what became of each. Safe to repeat.

    More is taken than can be called (``dialer.numbering.readings``): a list that bars must not fail open. ``region`` is
    the country of numbers without a country code; None refuses those. A number that is suppressed for longer already
    stays so: UNCHANGED. Raises ValueError when ``until`` is not after ``now``, or the reason too long.
    """
    rows = [(row, given, None) for row, given in enumerate(numbers, 1)]
    with transaction.atomic():
        results = list(_suppressed(rows, suppression_list, reason=reason, until=until, region=region, now=now))
        counts, first = Counter(one.result for one in results), [one.number for one in results[:NAMED]]
        _record(SUPPRESS.name, "Suppressed", suppression_list, counts, first, reason=reason, until=until, now=now)
        return results


def suppress_file(
    *,
    pieces: Callable[[], Iterable[bytes]],
    suppression_list: SuppressionList,
    reason: str = "",
    until: datetime | None = None,
    region: str | None = None,
    choices: Choices = AS_FOUND,
    now: datetime,
) -> Iterator[NumberResult]:
    """Suppress the numbers of a file (as uploads to contact lists take them) and give what became of each row.

    A file without names of columns may hold nothing but numbers: each of its cells is an entry then.

    ``pieces`` gives the file from its start each time it is called. The caller opens the transaction, and reads all
    results. Raises ImportProblem when the file cannot be read, else as `suppress`.
    """
    entries = _entries(pieces, choices, region)
    results = _suppressed(entries, suppression_list, reason=reason, until=until, region=region, now=now)
    counts, first = Counter[str](), list[str]()
    for one in results:
        counts[one.result] += 1
        if len(first) < NAMED:
            first.append(one.number)
        yield one
    _record(SUPPRESS.name, "Suppressed", suppression_list, counts, first, reason=reason, until=until, now=now)


def lift(
    *, numbers: Iterable[str], suppression_list: SuppressionList, region: str | None = None, now: datetime
) -> list[NumberResult]:
    """Take numbers off a list and return what became of each: REMOVED, ABSENT or REFUSED. Safe to repeat.

    Leads that wait for the end of their suppression are judged again at once.
    """
    rows = [(row, given, readings(given, region=region)) for row, given in enumerate(numbers, 1)]
    good = sorted(_all_of(rows))
    with transaction.atomic():
        there = SuppressedNumber.objects.filter(suppression_list=suppression_list, number__in=good)
        # Locked in one order, so that two that lift the same numbers do not wait for each other.
        found = set(there.order_by("number").select_for_update().values_list("number", flat=True))
        there.delete()
        suppression_eased(numbers=found, now=now)
        results = [
            _result(row, given, meant, "REMOVED" if found.intersection(_taken(meant)) else "ABSENT")
            for row, given, meant in rows
        ]
        counts, first = Counter(one.result for one in results), [one.number for one in results[:NAMED]]
        _record(LIFT.name, "Taken off the list", suppression_list, counts, first, now=now)
        return results


def _record(
    act: str,
    what: str,
    suppression_list: SuppressionList,
    counts: Counter[str],
    first: list[str],
    *,
    reason: str = "",
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Write an entry that counts what became of the numbers and names the first ones."""
    details = {**counts, "numbers": first, "until": until.isoformat() if until else None}
    record(act=act, what=what, subject=suppression_list, rows=counts.total(), details=details, reason=reason, now=now)


def _all_of(rows: Iterable[tuple[int, str, Meant]]) -> set[str]:
    return {number for _, _, meant in rows for number in _taken(meant)}


def _taken(meant: Meant) -> tuple[str, ...]:
    return meant if isinstance(meant, tuple) else ()


def _entries(pieces: Callable[[], Iterable[bytes]], choices: Choices, region: str | None) -> Iterator[Entry]:
    records = records_of(pieces, choices=choices, read_as=ReadAs())
    first = next(records, None)
    names_columns = first is None or not any(isinstance(readings(cell, region=region), tuple) for cell in first[1])
    if names_columns:
        for row in file_rows(pieces, choices=choices):
            yield from _entries_of(row)
        return
    for number, cells, fault in chain([first] if first else [], records):
        if fault is not None:
            yield number, "", NumberProblem(NumberProblemCode.NOT_A_NUMBER, fault.said(number))
        yield from ((number, cell, None) for cell in cells if cell.strip() and fault is None)


def _entries_of(row: Row | Refused) -> Iterator[Entry]:
    """Give all numbers of a file's row, or why the row cannot be read."""
    if isinstance(row, Refused):
        yield row.row_number, "", NumberProblem(NumberProblemCode.NOT_A_NUMBER, row.message)
        return
    texts = [as_text(row.cells[place]) for place in row.layout.phones if place < len(row.cells)]
    yield from ((row.row_number, text, None) for text in [text for text in texts if text.strip()] or [""])


def _suppressed(
    rows: Iterable[Entry],
    suppression_list: SuppressionList,
    *,
    reason: str,
    until: datetime | None,
    region: str | None,
    now: datetime,
) -> Iterator[NumberResult]:
    if until is not None and until <= now:
        raise ValueError("A suppression must end after now.")
    if until is not None and until > LAST_INSTANT:
        raise ValueError(TOO_LATE)
    if len(reason) > REASON_LENGTH:
        raise ValueError(f"A reason has at most {REASON_LENGTH} characters.")
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH_ROWS)):
        judged = [(row, given, problem or readings(given, region=region)) for row, given, problem in batch]
        written = _write(sorted(_all_of(judged)), suppression_list, reason=reason, until=until)
        for row, given, meant in judged:
            # A number that several rows name is new in the first of them alone.
            are_new = [written.pop(number) for number in _taken(meant) if number in written]
            yield _result(row, given, meant, "UNCHANGED" if not are_new else "ADDED" if any(are_new) else "CHANGED")


def _write(
    numbers: list[str], suppression_list: SuppressionList, *, reason: str, until: datetime | None
) -> dict[str, bool]:
    """Return the numbers that were written, each with whether it is new."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"list": suppression_list.pk, "numbers": numbers, "reason": reason, "until": until}
        cursor.execute(_SUPPRESS, values)
        return dict(cursor.fetchall())


def _result(row: int, given: str, meant: Meant, result: str) -> NumberResult:
    if isinstance(meant, NumberProblem):
        return NumberResult(row, given, "REFUSED", meant.message)
    return NumberResult(row, given, result, f"Taken as {', '.join(meant)}." if len(meant) > 1 else "")
