"""What can be wrong with a text that should be a phone number: a code for programs and a sentence for people."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import phonenumbers


class NumberProblemCode(enum.StrEnum):
    """Why a text is not a number that can be called."""

    EMPTY = "EMPTY"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    INVALID_FOR_REGION = "INVALID_FOR_REGION"
    NO_COUNTRY_CODE = "NO_COUNTRY_CODE"
    UNKNOWN_COUNTRY_CODE = "UNKNOWN_COUNTRY_CODE"
    DIGITS_LOST = "DIGITS_LOST"
    SEVERAL_NUMBERS = "SEVERAL_NUMBERS"
    HAS_EXTENSION = "HAS_EXTENSION"
    WORDS_BESIDE = "WORDS_BESIDE"
    RENUMBERED = "RENUMBERED"


@dataclass(frozen=True, slots=True)
class NumberProblem:
    """Why a text was refused as a number."""

    code: NumberProblemCode
    message: str


_Code = NumberProblemCode
_SENTENCES = {
    _Code.EMPTY: "There is no phone number.",
    _Code.NOT_A_NUMBER: "This is not a phone number.",
    _Code.TOO_SHORT: "The phone number has too few digits.",
    _Code.TOO_LONG: "The phone number has too many digits.",
    _Code.NO_COUNTRY_CODE: "The phone number has no country code (such as +91) and the list has no default country.",
    _Code.UNKNOWN_COUNTRY_CODE: "No country has this country code.",
    _Code.DIGITS_LOST: (
        "Excel has written this number in scientific notation and digits are lost: format the column as text "
        "or as a number without decimals, and save the file again."
    ),
    _Code.SEVERAL_NUMBERS: "There are several phone numbers here: keep one.",
    _Code.HAS_EXTENSION: "The phone number has an extension, which cannot be dialed.",
    _Code.WORDS_BESIDE: "There are words beside the phone number: keep the number alone, words go into another column.",
}
PROBLEMS = {code: NumberProblem(code, sentence) for code, sentence in _SENTENCES.items()}
#: By which data a number is refused that is newer than it, and what can be done. The day on which the release was
#: published at PyPI, which the package itself does not say.
PLAN_RELEASED = {"9.0.43": "2026-11-06"}
_VERSION = phonenumbers.__version__
PLAN = f"the number plan of phonenumbers {_VERSION}" + "".join(
    f" of {day}" for day in [PLAN_RELEASED.get(_VERSION)] if day
)
NEWER = "If the range is newer, somebody with the right can let it through (number exceptions)."


def not_in_plan(country: str | None) -> NumberProblem:
    """Return the problem of a number that its country has not, as far as the data knows."""
    message = f"No phone number of {country} looks like this, by {PLAN}. {NEWER}"
    return NumberProblem(_Code.INVALID_FOR_REGION, message)


def wrong_length(code: NumberProblemCode, country: str | None) -> NumberProblem:
    """Return the problem of a number with too many or too few digits for its country."""
    return NumberProblem(code, f"{_SENTENCES[code].removesuffix('.')} for one of {country}, by {PLAN}. {NEWER}")


def not_for_people(kind: str, country: str | None) -> NumberProblem:
    """Return the problem of a number of a kind that no person has: most often it is one of another country."""
    return NumberProblem(
        _Code.INVALID_FOR_REGION,
        f"This is not a number of {country} that people have: there it would be {kind}. Is its country code missing?",
    )


def lacks_plus(problem: NumberProblem, region: str, country: str | None) -> NumberProblem:
    """Return a problem of a number that is none of ``region``, and one of ``country`` with a plus before it."""
    message = f"This is not a number of {region}. With a plus before it, it is one of {country}: write it so."
    return NumberProblem(problem.code, message)


def renumbered_since(since: str, country: str) -> NumberProblem:
    """Return the problem of an old spelling whose new one its digits do not tell."""
    message = f"Numbers of {country} like this one have other digits since {since}: write it as it is dialed now."
    return NumberProblem(_Code.RENUMBERED, message)
