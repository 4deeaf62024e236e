"""Phone numbers: any spelling in, E.164 or the reason why not out. Pure; no country is ever guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneMetadata

from dialer.numbering.plan import planned
from dialer.numbering.problems import PROBLEMS, NumberProblem, NumberProblemCode
from dialer.numbering.spelling import cleaned, spelling_problem

__all__ = ["NumberProblem", "NumberProblemCode", "mask", "normalise", "redact"]


def _plain_indian() -> re.Pattern[str]:
    """Return a pattern of Indian mobiles without separators, made from the phone library's own data."""
    metadata = PhoneMetadata.metadata_for_region("IN")
    assert metadata is not None
    assert metadata.mobile is not None
    return re.compile(rf"(\+91|91|0)?({metadata.mobile.national_number_pattern})", re.ASCII)


_PLAIN_INDIAN = _plain_indian()
_WITHOUT_SEPARATORS = str.maketrans("", "", " ().-")


def normalise(raw: str, *, region: str | None, let_through: Collection[str] = ()) -> str | NumberProblem:
    """Return `raw` as E.164, or what is wrong with it. An old spelling of a renumbered line is taken as the new one.

    `region` is the two-letter country of numbers without a country code; None or "" refuses those. `let_through` are
    beginnings of E.164 numbers that are right though the number plan does not know them.
    """
    plain = _PLAIN_INDIAN.fullmatch(raw)
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    text = cleaned(raw)
    if isinstance(text, NumberProblem):
        return text
    if not text:
        return PROBLEMS[NumberProblemCode.EMPTY]
    plain = _PLAIN_INDIAN.fullmatch(text.translate(_WITHOUT_SEPARATORS))
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    problem = spelling_problem(text, region=region)
    return problem or planned(text, region=region or None, let_through=let_through)


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
