"""The further numbers of a contact that a retry matrix names: those kept with it, and variables that hold numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.rules.retry import FURTHER_NUMBERS
from dialer import numbers


def other_numbers(
    *, names: Sequence[str], variables: Mapping[str, Any], further_numbers: Sequence[str], region: str
) -> list[str]:
    """Return, in the order of ``names``, the numbers (E.164) that they stand for, each once.

    ``region`` is the country of those without a country code; what is no number is left out.
    """
    found: list[str] = []
    for name in names:
        if name == FURTHER_NUMBERS:
            found += further_numbers
        text = str(variables.get(name) or "")
        number = numbers.normalise(text, region=region) if text else None
        if isinstance(number, str):
            found.append(number)
    return list(dict.fromkeys(found))
