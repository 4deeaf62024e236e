"""A phone number as it may be shown. Pure."""

from __future__ import annotations

import re

import phonenumbers


def mask(number: str) -> str:
    """Return a number as logs may show it: the country code and the last four digits (+91…3210)."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 8:
        return "…" + digits[-2:]
    country = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), "")
    return f"+{country}…{digits[-4:]}" if number.lstrip().startswith("+") else f"…{digits[-4:]}"
