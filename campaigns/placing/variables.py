"""The variables that a call is given of its contact: by the template's map, or all under their own names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def call_variables(
    *, name: str, external_reference: str, number: str, own: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, str]:
    """Return what a call gets of ``own``, the contact's variables, by the template's map ``names`` if there is one."""
    own = {"name": name, "external_reference": external_reference, **own, "number": number}
    if names:
        return {theirs: _text(own.get(ours, "")) for theirs, ours in names.items()}
    return {name: _text(value) for name, value in own.items() if value not in (None, "") and name != "number"}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
