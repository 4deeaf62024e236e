"""Values of the fields that a provider declares for accounts and templates, judged by their declaration."""

from __future__ import annotations

import re
from typing import Any

from dialer.providers.base import Field


def field_problems(values: Any, fields: tuple[Field, ...]) -> list[str]:
    """Return what is wrong with ``values`` as sentences: missing, unknown, not among the choices or out of bounds."""
    if not isinstance(values, dict):
        return ["Enter a JSON object."]
    known = {field.name: field for field in fields}
    problems = [f"{name}: unknown; known are: {', '.join(known) or 'none'}." for name in values if name not in known]
    for field in fields:
        value = values.get(field.name)
        if field.required and value in (None, ""):
            problems.append(f"{field.name}: required ({field.label}).")
        elif field.choices and value not in (None, "") and value not in field.choices:
            problems.append(f"{field.name}: must be one of {', '.join(field.choices)}.")
        elif field.between and value not in (None, "") and not _is_between(value, *field.between):
            problems.append(f"{field.name}: a whole number from {field.between[0]} to {field.between[1]}.")
    return problems


def _is_between(value: object, least: int, most: int) -> bool:
    written = str(value).strip()
    return bool(re.fullmatch(r"-?[0-9]{1,9}", written)) and least <= int(written) <= most
