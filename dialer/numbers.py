"""Phone numbers: any spelling in, E.164 or the reason why not out. Pure; no country is ever guessed."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, ValidationResult


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


@dataclass(frozen=True, slots=True)
class NumberProblem:
    """Why a text was refused as a number: a code for programs and a sentence for people."""

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
}
_PROBLEMS = {code: NumberProblem(code, sentence) for code, sentence in _SENTENCES.items()}


def _plain_indian() -> re.Pattern[str]:
    """Return a pattern of Indian mobiles without separators, made from the phone library's own data."""
    metadata = PhoneMetadata.metadata_for_region("IN")
    assert metadata is not None
    assert metadata.mobile is not None
    return re.compile(rf"(\+91|91|0)?({metadata.mobile.national_number_pattern})", re.ASCII)


_PLAIN_INDIAN = _plain_indian()
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08]")
_WITHOUT_SEPARATORS = str.maketrans("", "", " ().-")
_SCHEME = re.compile(r"(?:tel|whatsapp|callto):", re.IGNORECASE)
_DECIMAL_ZERO = re.compile(r"(\+?\d{5,})[.,]0+")
_SCIENTIFIC = re.compile(r"([+]?)(\d)(?:[.,](\d*))?E\+?(\d{1,3})", re.IGNORECASE)
_SEPARATOR_OF_NUMBERS = re.compile(r"[/,;|&\n]|\b(?:or|and)\b|\s\+", re.IGNORECASE)
_EXTENSION = re.compile(r"(.*\d)\W*(?:ext(?:ension|n)?|x|#)\W*\d{1,7}", re.IGNORECASE)
_SPELLING = re.compile(r"\+?[\d\s().\-/]+")
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
    ValidationResult.INVALID_COUNTRY_CODE: _Code.UNKNOWN_COUNTRY_CODE,
}


def normalise(raw: str, *, region: str | None) -> str | NumberProblem:
    """Return `raw` as E.164, or what is wrong with it.

    `region` is the two-letter country of numbers without a country code; None or "" refuses those.
    """
    plain = _PLAIN_INDIAN.fullmatch(raw)
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    text = _cleaned(raw)
    if not text:
        return _PROBLEMS[_Code.EMPTY]
    plain = _PLAIN_INDIAN.fullmatch(text.translate(_WITHOUT_SEPARATORS))
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific is not None:
        digits = _digits_of_scientific(scientific)
        if digits is None:
            return _PROBLEMS[_Code.DIGITS_LOST]
        text = digits
    return _problem_of_spelling(text) or _parsed(text, region=region or None)


def _cleaned(raw: str) -> str:
    """Return `raw` with plain digits, plus, dashes and spaces, and without what Excel and messengers put around it."""
    if not raw.isascii() or "\x00" in raw:
        raw = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw))
        raw = "".join(_plain_character(character) for character in raw)
    text = _SCHEME.sub("", raw.strip().lstrip("'`\"=").rstrip("'`\"").strip(), count=1).strip()
    text = text.replace("(+", "+", 1) if text.startswith("(+") else text
    whole = _DECIMAL_ZERO.fullmatch(text)
    return whole[1] if whole is not None else text


def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    if category == "Pd" or character == "−":
        return "-"
    if character in "‘’":
        return "'"
    return " " if category == "Zs" else character


def _digits_of_scientific(match: re.Match[str]) -> str | None:
    """Return the whole number, None when the mantissa does not hold every digit of it."""
    plus, first, fraction, exponent = match[1], match[2], match[3] or "", int(match[4])
    if len(fraction) < exponent or fraction[exponent:].strip("0"):
        return None
    return plus + first + fraction[:exponent]


def _problem_of_spelling(text: str) -> NumberProblem | None:
    """Return what can be seen without knowing any country's numbers."""
    parts = [part for part in _SEPARATOR_OF_NUMBERS.split(text) if sum(map(str.isdigit, part)) >= 6]
    if len(parts) > 1:
        return _PROBLEMS[_Code.SEVERAL_NUMBERS]
    if _EXTENSION.fullmatch(text):
        return _PROBLEMS[_Code.HAS_EXTENSION]
    if not _SPELLING.fullmatch(text) or not any(map(str.isdigit, text)):
        return _PROBLEMS[_Code.NOT_A_NUMBER]
    return None


def _parsed(text: str, *, region: str | None) -> str | NumberProblem:
    digits = re.sub(r"\D", "", text)
    if not text.startswith("+") and digits.startswith("00"):
        international = _valid("+" + digits.lstrip("0"), region=None)
        if isinstance(international, str):
            return international
    if not text.startswith("+") and region is None:
        return _PROBLEMS[_Code.NO_COUNTRY_CODE]
    found = _valid(text, region=region)
    if isinstance(found, NumberProblem) and digits.startswith("0") and not text.startswith("+"):
        # Zeros put before a number that has its country code already: 0 91 98765 43210.
        without_zeros = _valid(digits.lstrip("0"), region=region)
        return without_zeros if isinstance(without_zeros, str) else found
    return found


def _valid(text: str, *, region: str | None) -> str | NumberProblem:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return _PROBLEMS[_PARSE_PROBLEMS[error.error_type]]
    if phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in _LENGTH_PROBLEMS:
        return _PROBLEMS[_LENGTH_PROBLEMS[reason]]
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return NumberProblem(_Code.INVALID_FOR_REGION, f"No phone number of {country} looks like this.")


def country_code(number: str) -> str:
    """Return the country code of an E.164 number ("91"), or "" when no country has it."""
    digits = number.removeprefix("+")
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((digits[:n] for n in (1, 2, 3) if digits[:n].isdigit() and int(digits[:n]) in known), "")


def mask(number: str) -> str:
    """Return a number as logs may show it: the country code and the last four digits (+91…3210)."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 8:
        return "…" + digits[-2:]
    country = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), "")
    return f"+{country}…{digits[-4:]}" if number.lstrip().startswith("+") else f"…{digits[-4:]}"


_NUMBERS_IN_TEXT = re.compile(
    r"(?P<kept>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # a UUID
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?)"  # a date, with a time or without
    r"|(?<![\w])(?P<plus>%2B|\\u002B|\+)?(?P<number>\(?\d(?:[\s().\-\u2010-\u2015\u00a0]{0,3}\d){6,18})(?!\w)",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return `text` with every phone number in it masked, however it is spelled; UUIDs and dates are left."""
    return _NUMBERS_IN_TEXT.sub(_redacted, text)


def _redacted(match: re.Match[str]) -> str:
    if match["kept"] is not None:
        return match[0]
    digits = "".join(str(unicodedata.decimal(character)) for character in match["number"] if character.isdecimal())
    return mask("+" + digits if match["plus"] else digits)
