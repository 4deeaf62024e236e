"""One row of an upload: a candidate for a contact, or refused with the field and the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson

from campaigns.rows.columns import Layout
from campaigns.rows.cut_numbers import DIGITS_LOST, has_lost_digits
from campaigns.rows.formula_errors import has_failed
from campaigns.rows.formula_errors import said_of as failure
from campaigns.rows.table import Refused, as_uploaded
from campaigns.rules.plain_text import LOST, odd_character, said_of
from campaigns.sheets.cells import as_text
from dialer.numbering.zone_names import ZoneProblem, read_zone
from dialer.numbers import NumberProblem, normalise

NAME_LENGTH = 200
REFERENCE_LENGTH = 100
MOST_VARIABLE_BYTES = 64 * 1024
MOST_FURTHER_NUMBERS = 10
#: Between several numbers in one cell, as Google's contacts write them.
_BETWEEN_NUMBERS = re.compile(r"\s*:::\s*")


class Candidate(NamedTuple):
    """A row that can become a contact. None in ``name`` and its like means that there is no such column."""

    row_number: int
    number: str
    name: str | None
    external_reference: str | None
    time_zone: str | None
    variables: str  # JSON
    further_numbers: str | None  # JSON; None: there are no columns of such
    unread: int  # further numbers that are none
    layout: Layout
    cells: Sequence[Any]


def judge(
    *, row_number: int, layout: Layout, cells: Sequence[Any], region: str, let_through: Collection[str] = ()
) -> Candidate | Refused:
    """Return what a row is. Cells that are missing at its end are empty; cells beyond the last column refuse it.

    ``let_through``: beginnings of numbers that are right though the number plan does not know them.
    """
    width = len(layout.columns)
    values = [cell.strip() if type(cell) is str else cell for cell in cells]
    if len(values) != width:
        if any(value not in ("", None) for value in values[width:]):
            message = f"The row has {len(values)} cells, the header only {width}; is a comma missing its quotes?"
            return Refused(row_number, "", "EXTRA_CELLS", message, as_uploaded(layout, cells))
        values = values[:width] + [""] * (width - len(values))
    odd = None if _is_plain(values) else _odd_cell(layout, values)
    if odd is not None:
        return Refused(row_number, *odd, as_uploaded(layout, cells))
    numbers = _numbers(layout, values, region, let_through)
    if isinstance(numbers, _NoNumber):
        return Refused(row_number, *numbers, as_uploaded(layout, cells))
    reference, time_zone = (
        None if place is None else values[place] if type(values[place]) is str else as_text(values[place])
        for place in (layout.external_reference, layout.time_zone)
    )
    zone = read_zone(time_zone, number=numbers.number) if time_zone else time_zone
    if isinstance(zone, ZoneProblem):
        field = layout.columns[layout.time_zone or 0]
        return Refused(row_number, field, "INVALID_TIME_ZONE", zone.message, as_uploaded(layout, cells))
    name = _name(layout, values)
    variables = orjson.dumps({key: values[place] for key, place in layout.variables}).decode()
    problem = _problem(layout, name or "", reference or "", variables)
    if problem is not None:
        return Refused(row_number, *problem, as_uploaded(layout, cells))
    return Candidate(row_number, numbers.number, name, reference, zone, variables, *numbers[1:], layout, cells)


class _Numbers(NamedTuple):
    number: str
    further: str | None
    unread: int


class _NoNumber(NamedTuple):
    field: str
    code: str
    message: str


def _numbers(layout: Layout, values: Sequence[Any], region: str, let_through: Collection[str]) -> _Numbers | _NoNumber:
    """Return the number to call, and the person's others; of several columns the first that holds a number counts."""
    value = values[layout.phones[0]]
    if len(layout.phones) == 1 and (type(value) is not str or ":::" not in value) and type(value) is not list:
        number = normalise(value if type(value) is str else as_text(value), region=region, let_through=let_through)
        if type(number) is str:
            return _Numbers(number, None, 0)
        return _no_number(layout.columns[layout.phones[0]], number)
    found: dict[str, None] = {}
    problem: _NoNumber | None = None
    unread = 0
    for place in layout.phones:
        for text in _texts(values[place]):
            number = normalise(text, region=region, let_through=let_through)
            if isinstance(number, NumberProblem):
                unread += 1
                problem = problem or _no_number(layout.columns[place], number)
            else:
                found[number] = None
    if not found:
        return problem or _no_number(layout.columns[layout.phones[0]], normalise("", region=region))
    number, *further = found
    return _Numbers(number, orjson.dumps(further[:MOST_FURTHER_NUMBERS]).decode(), unread)


def _no_number(field: str, problem: Any) -> _NoNumber:
    return _NoNumber(field, problem.code.value, problem.message)


def _texts(value: Any) -> list[str]:
    """Return the texts of a cell that may each be a number; JSON may hold a list of them."""
    if type(value) is list:
        return [text for one in value if (text := as_text(one))]
    text = as_text(value)
    return [one for one in _BETWEEN_NUMBERS.split(text) if one] if ":::" in text else [text] if text else []


def _name(layout: Layout, values: Sequence[Any]) -> str | None:
    if not layout.names:
        return None
    if len(layout.names) == 1:
        value = values[layout.names[0]]
        return value if type(value) is str else as_text(value)
    return " ".join(text for place in layout.names if (text := as_text(values[place])))


def _is_plain(values: Sequence[Any]) -> bool:
    """Return whether all values are texts of printable ASCII without a sign of an error, as nearly all rows are."""
    try:
        text = "".join(values)
    except TypeError:
        return False
    is_ascii = text.isascii() and text.isprintable()
    return is_ascii and not ("#" in text or "E+" in text or "e+" in text or "Err:" in text)


def _odd_cell(layout: Layout, values: Sequence[Any]) -> tuple[str, str, str] | None:
    """Return field, code and message of a cell that nobody can say, of those that are read.

    It has a control character, bytes that were no text, what a formula that failed shows, or a number that a
    spreadsheet has cut; the column of the number to call knows that better.
    """
    for place, value in enumerate(values):
        if place in layout.ignored:
            continue
        if has_failed(value):
            return layout.columns[place], "FORMULA_ERROR", failure(value)
        if place not in layout.phones and has_lost_digits(value):
            return layout.columns[place], "DIGITS_LOST", DIGITS_LOST
        found = odd_character(value)
        if found is not None:
            code = "NOT_TEXT" if found == LOST else "CONTROL_CHARACTER"
            return layout.columns[place], code, said_of(found)
    return None


def _problem(layout: Layout, name: str, reference: str, variables: str) -> tuple[str, str, str] | None:
    """Return field, code and message of what the database would not take."""
    if len(name) > NAME_LENGTH:
        field = layout.columns[layout.names[0]]
        return field, "TOO_LONG", f"At most {NAME_LENGTH} characters; this has {len(name)}."
    if len(reference) > REFERENCE_LENGTH and layout.external_reference is not None:
        field = layout.columns[layout.external_reference]
        return field, "TOO_LONG", f"At most {REFERENCE_LENGTH} characters; this has {len(reference)}."
    if len(variables) > MOST_VARIABLE_BYTES:
        return "", "TOO_LONG", "The variables of this row are larger than 64 KB."
    return None
