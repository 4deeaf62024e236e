"""A bot asks, as a call begins, for the variables of the person who is called.

VoxCore documents that it asks ("CRM pre-fetch") and not how, so the question may name the call by any name below.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from dialer.providers.parts.prefetch import CallAsked
from dialer.voxcore.key_map import REFERENCE

REFERENCE_NAMES = (REFERENCE, "reference", "dialer_reference_call")
NUMBER_NAMES = (
    "phone", "phone_number", "to_number", "number", "caller_id", "callerId", "customer_number", "mobile", "to",
)  # fmt: skip


class CrmPrefetch:
    """The part ``prefetch``."""

    def read(self, *, given: Mapping[str, Any]) -> CallAsked:
        """Return which call is asked about; nested objects one level deep are looked into."""
        asked = dict(given)
        for value in given.values():
            if isinstance(value, Mapping):
                asked = {**value, **asked}
        return CallAsked(reference=_reference(asked), numbers=_numbers(asked))

    def answer(self, *, reference: str, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the variables, with our reference among them."""
        return {**variables, REFERENCE: reference}


def _reference(asked: Mapping[str, Any]) -> uuid.UUID | None:
    for name in REFERENCE_NAMES:
        try:
            return uuid.UUID(str(asked.get(name, "")))
        except ValueError:
            continue
    return None


def _numbers(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the number can be in E.164; ten digits, with a 0 before or not, are taken for Indian ones, too."""
    text = next((str(asked[name]) for name in NUMBER_NAMES if asked.get(name)), "")
    digits = re.sub(r"[^0-9]", "", text).removeprefix("00")
    if not 7 <= len(digits) <= 15:
        return ()
    national = re.fullmatch(r"0?([1-9][0-9]{9})", digits)
    return (f"+{digits}", *((f"+91{national[1]}",) if national and not text.strip().startswith("+") else ()))
