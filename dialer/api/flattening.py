"""Nested validation errors as one flat list of fields: ``rows[3].number``, with the row's own number beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from rest_framework.settings import api_settings

_ROW = re.compile(r"^rows\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One sentence about one field. ``field`` is empty where the sentence is about the whole."""

    field: str
    message: str

    @property
    def row(self) -> int | None:
        """The row's number, counted from 1, when the field is inside ``rows``."""
        found = _ROW.match(self.field)
        return int(found[1]) + 1 if found else None

    def as_json(self) -> dict[str, Any]:
        """Return the entry as the API shows it."""
        return {"field": self.field, "row": self.row, "message": self.message}


def flatten(detail: Any) -> list[FieldError]:
    """Return DRF's nested ``detail`` flat."""
    return list(_walk(detail, ""))


def flatten_model_error(error: ValidationError) -> list[FieldError]:
    """Return Django's ValidationError flat."""
    return flatten(error.message_dict if hasattr(error, "error_dict") else error.messages)


def _walk(detail: Any, path: str) -> Iterator[FieldError]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _walk(inner, _below(path, name))
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            # A list of sentences is about the field itself; a list of dictionaries is about its items.
            yield from _walk(inner, f"{path}[{position}]" if isinstance(inner, dict) else path)
    else:
        yield FieldError(field=path, message=str(detail))


def _below(path: str, name: object) -> str:
    if name in (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS):
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else str(name)
