"""A phone number as it may be shown. Pure."""

from __future__ import annotations

import re

import phonenumbers


def mask(number: str) -> str:
    """Return a number as logs may show it: the country code and the last four digits (+91…3210)."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 8:
        return "…" + digits[-2:]
    country = _country(digits)
    return f"+{country}…{digits[-4:]}" if number.lstrip().startswith("+") else f"…{digits[-4:]}"


def _country(digits: str) -> str:
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in known), "")


def mask_for_people(number: str) -> str:
    """Return a number as those see it who may not see it whole: enough to tell two apart, as +91 98•••••416."""
    digits = re.sub(r"\D", "", number)
    country = ""
    if number.lstrip().startswith("+"):
        country = _country(digits)
    rest = digits[len(country) :]
    begin, end = (rest[:2], rest[-3:]) if len(rest) > 8 else (rest[:1], rest[-2:])
    hidden = "•" * max(len(rest) - len(begin) - len(end), 1)
    return f"{f'+{country} ' if country else ''}{begin}{hidden}{end}"
