"""Of which larger object a row is a part: its entries are shown on the page of the whole as well."""

from __future__ import annotations

from django.db.models import Model

#: By label of a model, the way to the whole: attributes with dots between. Each app says its own.
_ways: dict[str, str] = {}


def register_part(label: str, way: str) -> None:
    """Say that rows of ``label`` are parts of what ``way`` leads to, e.g. "dialer.did", "account"."""
    _ways[label] = way


def whole_of(row: Model) -> tuple[str, int | None]:
    """Return label and id of the row that ``row`` is a part of; "" and None where it is none."""
    way = _ways.get(row._meta.label_lower)
    if way is None:
        return "", None
    whole: Model | None = row
    for step in way.split("."):
        whole = getattr(whole, step, None)
    return ("", None) if whole is None else (whole._meta.label_lower, whole.pk)
