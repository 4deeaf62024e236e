"""Phone numbers: any spelling in, E.164 or the reason why not out; and as they may be shown. Pure."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from dialer.numbering.e164 import normalise
from dialer.numbering.problems import NumberProblem, NumberProblemCode

__all__ = ["NumberProblem", "NumberProblemCode", "mask", "normalise", "redact"]


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
