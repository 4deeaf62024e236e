"""Every number that a text may mean, for lists that bar: they must hold back more than dialing accepts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult

from dialer.numbering.e164 import normalise
from dialer.numbering.plan import E164, is_planned, parsed
from dialer.numbering.problems import PROBLEMS, NumberProblem, NumberProblemCode
from dialer.numbering.renumbering import old_spellings, renumbered
from dialer.numbering.spelling import cleaned, numbers_within, parts

_TOO_FEW = {
    ValidationResult.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    ValidationResult.INVALID_COUNTRY_CODE,
}


def readings(raw: str, *, region: str | None) -> tuple[str, ...] | NumberProblem:
    """Return the E.164 numbers that a text may mean, the likeliest first, or why there is none.

    More than ``normalise``: old and new spellings of the same line, numbers that the plan of their country does not
    have yet, several in one text, and those with words or an extension beside them. ``region`` as there.
    """
    found = normalise(raw, region=region)
    if isinstance(found, str):
        return tuple(dict.fromkeys((found, *spellings(found))))
    text = cleaned(raw)
    if isinstance(text, NumberProblem) or not text or found.code == NumberProblemCode.RENUMBERED:
        return found
    chunks = parts(text) if len(parts(text)) > 1 else [text]
    numbers = (number for chunk in chunks for one in _within(chunk, region) for number in _meant(one, region or None))
    return tuple(dict.fromkeys(numbers)) or found


def searched(text: str, *, regions: Collection[str]) -> list[str]:
    """Return the E.164 numbers that somebody may look for who types ``text``; [] where it is no whole number.

    Without a country code it is read as a number of each of ``regions``; a plus may be missing, as in a query string.
    """
    cleaned_text = cleaned(text)
    if isinstance(cleaned_text, NumberProblem) or not re.fullmatch(r"[+\d\s().\-/]+", cleaned_text):
        return []
    digits = re.sub(r"\D", "", cleaned_text)
    whole = [f"+{digits}"] if E164.fullmatch(f"+{digits}") else []
    meant = (readings(cleaned_text, region=region) for region in (None, *regions))
    return list(dict.fromkeys([*whole, *(number for found in meant if isinstance(found, tuple) for number in found)]))


def spellings(number: str) -> tuple[str, ...]:
    """Return how else the line of an E.164 number is or was written."""
    digits = number.removeprefix("+")
    known = renumbered(digits)
    taken = bool(known) and is_planned(number)
    newer = [new for new, change in known.items() if new and (change.still or not taken)]
    return tuple(f"+{one}" for one in (*newer, *old_spellings(digits)))


def _within(text: str, region: str | None) -> list[str]:
    """Return the numbers of a part of a text: itself, or those among its words."""
    return [text] if re.fullmatch(r"[+\d\s().\-]+", text) else numbers_within(text, region=region)


def _meant(text: str, region: str | None) -> Iterator[str]:
    """Yield the numbers that one spelling may mean, as numbers of its region and as international ones."""
    plain = normalise(text, region=region)
    if isinstance(plain, str):
        yield plain
        yield from spellings(plain)
        return
    digits = re.sub(r"\D", "", text)
    has_code = text.startswith("+") or digits.startswith("00")
    abroad = "+" + digits.lstrip("0")
    if is_planned(abroad) or (has_code and _may_be_newer(abroad)):
        yield abroad
        yield from spellings(abroad)
    at_home = parsed(text, region=region) if region and not has_code else PROBLEMS[NumberProblemCode.NO_COUNTRY_CODE]
    if isinstance(at_home, PhoneNumber):
        e164 = phonenumbers.format_number(at_home, phonenumbers.PhoneNumberFormat.E164)
        if _may_be_newer(e164):
            yield e164
            yield from spellings(e164)


def _may_be_newer(number: str) -> bool:
    """Return whether a number has a country and digits enough for one: its range may be newer than the data."""
    found = parsed(number, region=None)
    if not isinstance(found, PhoneNumber) or E164.fullmatch(number) is None:
        return False
    return phonenumbers.is_possible_number_with_reason(found) not in _TOO_FEW
