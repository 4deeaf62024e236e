"""What of a row differs between two moments: by field, before and after; of secrets, that they do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Field, Model

from dialer.encryption import SEAL, EncryptedField

#: Stands for a secret, before and after.
HIDDEN = "•••"
#: No entry grows beyond this: of longer values it says that they changed.
MOST_CHARACTERS = 2_000
MOST_NAMED = 50
_SECRET = re.compile(r"password|secret|token|credential|api_?key|hash$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(\w+://)[^/@\s]+@|([?&][^=\s&]*(?:key|token|secret|sig|password)[^=\s&]*=)[^&\s]+", re.IGNORECASE
)
#: These say when a row was changed, which the entry says itself.
NOT_TOLD = frozenset({"created_at", "updated_at", "last_login", "last_used_at", "state_changed_at"})


def values_of(row: Model) -> dict[str, Any]:
    """Return the columns of a row by the names of its fields, as they are."""
    absent = row.get_deferred_fields()
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.attname not in absent and not field.primary_key
    }


def many_of(row: Model) -> dict[str, list[str]]:
    """Return the names of the rows that each many-to-many field of a row leads to."""
    return {field.name: names(getattr(row, field.name).all()) for field in row._meta.many_to_many}


def names(rows: Iterable[Any]) -> list[str]:
    """Return what rows are called, in order; of very many the first ones, and that there are more."""
    found = sorted(str(row) for row in rows)
    return found if len(found) <= MOST_NAMED else [*found[:MOST_NAMED], f"and {len(found) - MOST_NAMED} more"]


def differences(row: Model, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return by field what it was and what it is, fit for an entry; fields that are alike are left out."""
    fields = {field.name: field for field in row._meta.concrete_fields}
    changed = [name for name in after if name not in NOT_TOLD and before.get(name) != after[name]]
    found: dict[str, list[Any]] = {}
    for name in changed:
        field = fields.get(name)
        if isinstance(before.get(name), dict) and isinstance(after[name], dict) and not _is_secret(name, field):
            found |= _within(name, before[name], after[name])
        else:
            found[name] = [_told(name, field, before.get(name)), _told(name, field, after[name])]
    return found


def _within(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Compare two JSON objects key by key."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {f"{name}.{key}": [_told(key, None, before.get(key)), _told(key, None, after.get(key))] for key in keys}


def _is_secret(name: str, field: Field[Any, Any] | None) -> bool:
    return isinstance(field, EncryptedField) or _SECRET.search(name) is not None


def _told(name: str, field: Field[Any, Any] | None, value: Any) -> Any:
    if value in (None, ""):
        return value
    if _is_secret(name, field) or (isinstance(value, str) and value.startswith(SEAL)):
        return HIDDEN
    if field is not None and field.is_relation:
        return _related(field, value)
    return plain(value)


def _related(field: Field[Any, Any], key: Any) -> str:
    model: Any = field.related_model
    row = model._default_manager.filter(pk=key).first()
    return f"#{key}" if row is None else f"{row} (#{key})"


def plain(value: Any) -> Any:
    """Return a value as JSON; too long a one is cut, and what an address lets in by is hidden."""
    # Not by orjson: what people enter may hold whole numbers beyond 64 bits.
    text = json.dumps(value, default=str, ensure_ascii=False)
    if len(text) > MOST_CHARACTERS:
        return f"{text[:MOST_CHARACTERS]}…"
    return _without_secrets(json.loads(text))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: HIDDEN if _SECRET.search(k) and v else _without_secrets(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    if isinstance(value, str):
        if value.startswith(SEAL):
            return HIDDEN
        return _ADDRESS.sub(lambda found: f"{found[1]}{HIDDEN}@" if found[1] else f"{found[2]}{HIDDEN}", value)
    return value
