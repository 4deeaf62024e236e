"""A suggestion beside the input that it is for."""

from __future__ import annotations

from typing import Any

from dialer.accounts.longest_call import LongestCall


def suggest(*, form: Any, found: LongestCall | None) -> None:
    """Say below the input of the longest call what the latest calls suggest, to those who may change it."""
    field = form.fields.get("max_call_seconds")
    if field is not None and found is not None and found.said:
        field.help_text = f"{field.help_text} {found.said}"
