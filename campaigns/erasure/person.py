"""Who is erased: the numbers of the line, and the rows that are this person's."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers

from dialer.numbering.plan import E164
from dialer.numbering.readings import spellings
from dialer.numbers import NumberProblem, normalise

#: Between the digits of a number as people write it.
_BETWEEN = r"[ .()/-]{0,2}"
#: What stands for a number that was erased; it cannot be called, and no two numbers have the same.
ERASED = "erased-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. ``labels``: what stands for each spelling of the number from now on."""

    labels: Mapping[str, str]
    pattern: str
    contact_ids: tuple[int, ...]
    lead_ids: tuple[int, ...]
    attempt_ids: tuple[int, ...]

    @property
    def numbers(self) -> list[str]:
        """The numbers, E.164."""
        return list(self.labels)


#: Erases what another app holds of a person; returns rows by table.
Eraser = Callable[[Any, Person], Mapping[str, int]]
_erasers: list[Eraser] = []


def register(eraser: Eraser) -> None:
    """Have what another app holds erased as well."""
    _erasers.append(eraser)


def erasers() -> list[Eraser]:
    """Return what erases in other apps."""
    return list(_erasers)


def numbers_of(text: str) -> list[str]:
    """Return the number that a text is, with how else its line is or was written. Raises ValueError with a sentence."""
    found = normalise(text, region=None)
    if isinstance(found, NumberProblem) and E164.fullmatch(text.strip()):
        found = text.strip()  # let in by an exception, or no longer valid in its country
    if isinstance(found, NumberProblem):
        raise ValueError(found.message)
    return [*dict.fromkeys([found, *spellings(found)])]


def find(cursor: Any, *, numbers: list[str]) -> Person:
    """Return the person of these numbers, with all contacts, leads and calls that are theirs."""
    cursor.execute("SELECT id FROM campaigns_contact WHERE number = ANY(%s) ORDER BY id", [numbers])
    contacts = tuple(row[0] for row in cursor.fetchall())
    cursor.execute(
        "SELECT id FROM campaigns_lead WHERE number = ANY(%s) OR contact_id = ANY(%s) ORDER BY id",
        [numbers, list(contacts)],
    )
    leads = tuple(row[0] for row in cursor.fetchall())
    cursor.execute(
        "SELECT id FROM campaigns_attempt WHERE number = ANY(%s) OR lead_id = ANY(%s) ORDER BY id",
        [numbers, list(leads)],
    )
    return Person(
        labels={number: ERASED + secrets.token_hex(5)[:9] for number in numbers},
        pattern="|".join(_pattern(number) for number in numbers),
        contact_ids=contacts,
        lead_ids=leads,
        attempt_ids=tuple(row[0] for row in cursor.fetchall()),
    )


def _pattern(number: str) -> str:
    """Return a regular expression, for PostgreSQL and Python, of a number in every common spelling.

    With or without the country code or a leading zero, with signs between its digits, and not as a part of more digits.
    """
    code, national = _parts(number)
    digits = _BETWEEN.join(national)
    before = f"(?:(?:00|[+])?{_BETWEEN.join(code)}{_BETWEEN}|0)?"
    return f"(?<![0-9]){before}{digits}(?![0-9])"


def _parts(number: str) -> tuple[str, str]:
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    return str(parsed.country_code), re.sub(r"\D", "", national)
