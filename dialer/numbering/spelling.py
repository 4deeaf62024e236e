"""Spellings of numbers: what Excel, messengers and people put around the digits, and what cannot be one number."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher

from dialer.numbering.problems import PROBLEMS, NumberProblem
from dialer.numbering.problems import NumberProblemCode as _Code

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08]")
_SCHEME = re.compile(r"(?:tel|whatsapp|callto):", re.IGNORECASE)
_DECIMAL_ZERO = re.compile(r"(\+?\d{5,})[.,]0+")
_SCIENTIFIC = re.compile(r"([+]?)(\d)(?:[.,](\d*))?E\+?(\d{1,3})", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/,;|&\n]|\b(?:or|and)\b|\s\+", re.IGNORECASE)
_EXTENSION = re.compile(r"(.*\d)\W*(?:ext(?:ension|n)?|x|#)\W*\d{1,7}", re.IGNORECASE)
_SPELLING = re.compile(r"\+?[\d\s().\-/]+")
#: A menu behind a number: nobody is reached by the number alone.
_MENU = re.compile(r"\b(?:choose|press|dial|option|menu|then)\b.{0,20}\d", re.IGNORECASE)


def cleaned(raw: str) -> str | NumberProblem:
    """Return a number with plain digits, plus, dashes and spaces, and without what is put around it; "" for nothing."""
    if not raw.isascii() or "\x00" in raw:
        raw = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw))
        raw = "".join(_plain_character(character) for character in raw)
    text = _SCHEME.sub("", raw.strip().lstrip("'`\"=").rstrip("'`\"").strip(), count=1).strip()
    text = text.replace("(+", "+", 1) if text.startswith("(+") else text
    whole = _DECIMAL_ZERO.fullmatch(text)
    text = whole[1] if whole is not None else text
    scientific = _SCIENTIFIC.fullmatch(text)
    return text if scientific is None else _digits_of_scientific(scientific) or PROBLEMS[_Code.DIGITS_LOST]


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


def spelling_problem(text: str, *, region: str | None) -> NumberProblem | None:
    """Return what can be seen without knowing whether a country has the number."""
    if _SPELLING.fullmatch(text) and len(parts(text)) < 2:
        return None if any(map(str.isdigit, text)) else PROBLEMS[_Code.NOT_A_NUMBER]
    if len(parts(text)) > 1:
        return PROBLEMS[_Code.SEVERAL_NUMBERS]
    found = numbers_within(text, region=region)
    if len(found) > 1:
        return PROBLEMS[_Code.SEVERAL_NUMBERS]
    if _EXTENSION.fullmatch(text) or (found and _MENU.search(text)):
        return PROBLEMS[_Code.HAS_EXTENSION]
    return PROBLEMS[_Code.WORDS_BESIDE if found else _Code.NOT_A_NUMBER]


def parts(text: str) -> list[str]:
    """Return the parts of a text that may each be a number, as their separators say."""
    return [part for part in _SEPARATOR.split(text) if sum(map(str.isdigit, part)) >= 6]


def numbers_within(text: str, *, region: str | None) -> list[str]:
    """Return the numbers that stand among the words of a text in E.164 form, each once, without extensions."""
    matcher = PhoneNumberMatcher(text, region or phonenumbers.UNKNOWN_REGION, leniency=Leniency.POSSIBLE)
    found = (phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in matcher)
    return list(dict.fromkeys(found))
