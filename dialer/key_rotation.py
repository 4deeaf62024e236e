"""Encrypts anew, with the first key, what was written with another: then the other can be taken away.

Every encrypted field of every model, and the data of sessions. Row by row, each by an UPDATE that changes only what is
still as it was read, so it may run while all else goes on, be broken off, and be run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models

from dialer.encryption import (
    SEAL,
    Sealed,
    SecretsJSONField,
    UndecryptableError,
    decrypt,
    encrypt,
    encrypted_fields,
    is_of_first_key,
    unreadable_values,
)

#: So many rows are read at a time.
PIECE = 500

#: Where a value is: its table, its field, the key of its row.
Place = tuple[type[models.Model], str, Any]


@dataclass(slots=True, kw_only=True)
class Rotated:
    """What became of the encrypted values. ``unreadable`` names those that no key opens, never what they hold."""

    done: int = 0
    up_to_date: int = 0
    left: int = 0
    unreadable: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether the first key alone opens everything."""
        return not self.left and not self.unreadable

    def as_json(self) -> dict[str, Any]:
        """Return it for the command."""
        return {
            "done": self.done,
            "up_to_date": self.up_to_date,
            "left": self.left,
            "unreadable": self.unreadable,
        }


def reencrypt(*, dry_run: bool = False) -> Rotated:
    """Encrypt everything with the first key. ``dry_run``: only count; what would be done is ``left``."""
    found = Rotated()
    for model, name in _columns():
        for pk, token in _tokens(model, name):
            fresh = _renewed(found, token, lost=None if model is Session else (model, name, pk))
            if fresh is not None:
                _count(found, not dry_run and _put(model, name, pk, old=token, new=fresh))
    for model, name in _objects():
        for pk, values in _rows(model, name):
            fresh_values = _renewed_values(found, values, row=(model, name, pk))
            if fresh_values != values:
                rows = model._default_manager.filter(pk=pk, **{name: values})
                _count(found, not dry_run and rows.update(**{name: fresh_values}) == 1)
    return found


def _count(found: Rotated, is_done: bool) -> None:
    if is_done:
        found.done += 1
    else:
        found.left += 1


def _renewed(found: Rotated, token: str, *, lost: tuple[type[models.Model], str, Any] | None) -> str | None:
    """Return a token encrypted anew; None where it is up to date or no key opens it, which is counted.

    ``lost`` names the row; None: of a session, which is over when nobody can read it.
    """
    if is_of_first_key(token):
        found.up_to_date += 1
        return None
    try:
        return encrypt(decrypt(token))
    except UndecryptableError:
        if lost is not None:
            found.unreadable.append(_named(*lost))
        return None


def _renewed_values(
    found: Rotated, values: Mapping[str, Any], *, row: tuple[type[models.Model], str, Any]
) -> dict[str, Any]:
    """Return an object with its sealed values encrypted anew."""
    fresh = dict(values)
    for key, value in values.items():
        if isinstance(value, str) and value.startswith(SEAL):
            token = _renewed(found, value.removeprefix(SEAL), lost=row)
            fresh[key] = value if token is None else SEAL + token
    return fresh


def unreadable_places() -> list[Place]:
    """Return what no key opens among the oldest and the newest rows of each table, PIECE of either end.

    A key that was taken away too early wrote the oldest, and a database that came without its keys opens none. So it
    costs the same however many answers and erasures are kept; `reencrypt` looks at all.
    """
    return [(model, name, pk) for model, names in _encrypted().items() for name, pk in _unreadable(model, names)]


def _unreadable(model: type[models.Model], names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Give the field and the key of what no key opens."""
    rows = model._default_manager.order_by("pk").values_list("pk", *names)
    ends = list(rows[:PIECE])
    if len(ends) == PIECE:
        ends = list({row[0]: row for row in (*ends, *rows.order_by("-pk")[:PIECE])}.values())
    for pk, *values in ends:
        yield from ((name, pk) for name, value in zip(names, values, strict=True) if _is_unreadable(value))


def _is_unreadable(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(unreadable_values(value))
    try:
        if isinstance(value, Sealed):
            decrypt(value.token)
    except UndecryptableError:
        return True
    return False


def named(place: Place) -> str:
    """Return a place in words: account #3 Sales (credentials)."""
    return _named(*place)


def _encrypted() -> dict[type[models.Model], list[str]]:
    """Return the fields that hold something encrypted, by model; not of sessions, which end by themselves."""
    found: dict[type[models.Model], list[str]] = {}
    for model, name in (*((model, one.name) for model, one in encrypted_fields()), *_objects()):
        found.setdefault(model, []).append(name)
    return found


def _columns() -> Iterator[tuple[type[models.Model], str]]:
    """Give the models and the columns in which something encrypted is kept."""
    yield from ((model, one.name) for model, one in encrypted_fields())
    yield Session, "session_data"


def _objects() -> Iterator[tuple[type[models.Model], str]]:
    """Give the models and the columns that hold sealed values among open ones."""
    for model in apps.get_models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, SecretsJSONField):
                yield model, one.name


def _rows(model: type[models.Model], name: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Give the key and the object of each row that has one, in the order of the keys, a piece at a time."""
    rows = model._default_manager.order_by("pk").values_list("pk", name)
    piece = list(rows[:PIECE])
    while piece:
        yield from ((pk, values) for pk, values in piece if isinstance(values, dict))
        piece = list(rows.filter(pk__gt=piece[-1][0])[:PIECE])


def _tokens(model: type[models.Model], name: str) -> Iterator[tuple[Any, str]]:
    """Give the key and the token of each row, in the order of the keys, a piece at a time."""
    rows = model._default_manager.order_by("pk").values_list("pk", name)
    piece = list(rows[:PIECE])
    while piece:
        for pk, value in piece:
            token = value.token if isinstance(value, Sealed) else value
            if token:
                yield pk, str(token)
        piece = list(rows.filter(pk__gt=piece[-1][0])[:PIECE])


def _put(model: type[models.Model], name: str, pk: Any, *, old: str, new: str) -> bool:
    """Write a row's new token; False where somebody has written it meanwhile, which the next run looks at."""
    is_field = model is not Session
    before, after = (Sealed(old), Sealed(new)) if is_field else (old, new)
    changed = model._default_manager.filter(pk=pk, **{name: before}).update(**{name: after})
    return changed == 1


def _named(model: type[models.Model], name: str, pk: Any) -> str:
    row = model._default_manager.get(pk=pk)
    label = str(model._meta.verbose_name)
    return f"{label} #{pk} {row} ({name.replace('_', ' ')})"
