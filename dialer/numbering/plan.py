"""Numbers held against the number plans of the countries, as phonenumbers has them and as exceptions add to them."""

from __future__ import annotations

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from dialer.numbering.problems import (
    PROBLEMS,
    NumberProblem,
    lacks_plus,
    not_for_people,
    not_in_plan,
    renumbered_since,
    wrong_length,
)
from dialer.numbering.problems import NumberProblemCode as _Code
from dialer.numbering.renumbering import renumbered

_PARSE_PROBLEMS = {
    NumberParseException.INVALID_COUNTRY_CODE: _Code.UNKNOWN_COUNTRY_CODE,
    NumberParseException.NOT_A_NUMBER: _Code.NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: _Code.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: _Code.TOO_SHORT,
    NumberParseException.TOO_LONG: _Code.TOO_LONG,
}
_LENGTH_PROBLEMS = {
    ValidationResult.TOO_SHORT: _Code.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _Code.TOO_SHORT,
    ValidationResult.TOO_LONG: _Code.TOO_LONG,
}
#: Of no person, and dear to ring.
_NEVER = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.VOICEMAIL: "a mailbox",
}
#: What a number of another country turns into when it is read as one of the list's.
_NOT_WITHOUT_COUNTRY_CODE = {
    **_NEVER,
    PhoneNumberType.SHARED_COST: "a service number of shared cost",
    PhoneNumberType.PERSONAL_NUMBER: "a number that follows somebody at a price",
    PhoneNumberType.UAN: "a company's number without a place",
}
E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def country_code(number: str) -> str:
    """Return the country code of an E.164 number ("91"), or "" when no country has it."""
    digits = number.removeprefix("+")
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((digits[:n] for n in (1, 2, 3) if digits[:n].isdigit() and int(digits[:n]) in known), "")


def planned(text: str, *, region: str | None, let_through: Collection[str] = ()) -> str | NumberProblem:
    """Return a cleaned spelling as E.164, or why no country has such a number.

    ``let_through`` are beginnings of E.164 numbers that are right though the plan does not know them.
    """
    digits = re.sub(r"\D", "", text)
    has_plus = text.startswith("+")
    if not has_plus and digits.startswith("00"):
        international = _valid("+" + digits.lstrip("0"), region=None, let_through=let_through)
        if isinstance(international, str):
            return international
    if has_plus:
        return _valid(text, region=None, let_through=let_through)
    if region is None:
        return PROBLEMS[_Code.NO_COUNTRY_CODE]
    found = _valid(text, region=region, let_through=let_through)
    if isinstance(found, str):
        return found
    if digits.startswith("0"):
        # Zeros put before a number that has its country code already: 0 91 98765 43210.
        without_zeros = _valid(digits.lstrip("0"), region=region, let_through=let_through)
        if isinstance(without_zeros, str):
            return without_zeros
    abroad = parsed("+" + digits, region=None)
    if isinstance(abroad, PhoneNumber) and phonenumbers.is_valid_number(abroad):
        return lacks_plus(found, region, phonenumbers.region_code_for_number(abroad))
    return found


def _valid(text: str, *, region: str | None, let_through: Collection[str]) -> str | NumberProblem:
    number = parsed(text, region=region)
    if isinstance(number, NumberProblem):
        return number
    kind = phonenumbers.number_type(number)
    kinds = _NEVER if text.startswith("+") else _NOT_WITHOUT_COUNTRY_CODE
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if kind != PhoneNumberType.UNKNOWN and kind not in kinds:
        return e164
    if let_through and E164.fullmatch(e164) and e164.startswith(tuple(let_through)):
        return e164
    if kind in kinds:
        return not_for_people(kinds[kind], phonenumbers.region_code_for_number(number))
    return _as_written_now(e164) or _problem(number)


def parsed(text: str, *, region: str | None) -> PhoneNumber | NumberProblem:
    """Return the parts of a number, whether or not its country has it."""
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException as error:
        return PROBLEMS[_PARSE_PROBLEMS[error.error_type]]


def is_planned(e164: str) -> bool:
    """Return whether the plan of its country has an E.164 number."""
    number = parsed(e164, region=None)
    return isinstance(number, PhoneNumber) and phonenumbers.is_valid_number(number)


def _as_written_now(e164: str) -> str | NumberProblem | None:
    """Return what an old spelling has become, what to write where its digits do not tell, None for no old one."""
    known = renumbered(e164[1:])
    now = [f"+{digits}" for digits in known if digits and is_planned(f"+{digits}")]
    if len(now) == 1:
        return now[0]
    change = next(iter(known.values()), None)
    return renumbered_since(f"{change.since:%-d %B %Y}", change.country) if change is not None else None


def _problem(number: PhoneNumber) -> NumberProblem:
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == ValidationResult.INVALID_COUNTRY_CODE:
        return PROBLEMS[_Code.UNKNOWN_COUNTRY_CODE]
    return wrong_length(_LENGTH_PROBLEMS[reason], country) if reason in _LENGTH_PROBLEMS else not_in_plan(country)
