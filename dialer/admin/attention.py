"""What needs a person's attention: each app says what it watches, and home asks all of it in one statement.

A watch is a statement whose rows are troubles now; it is cheap whatever the past holds. What its row means, and the one
button that leads to the cure, its own app says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.urls import reverse
from django.utils.http import urlencode

from dialer.acts import Act

#: Of one watch so many troubles are shown.
MOST_OF_ONE = 8

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that needs somebody. ``is_grave``: calls stand still, or their results are lost, because of it.

    ``kind``: as pages name it; empty: as its watch does. Instants are said by the clock of who reads (dialer.reader).
    """

    said: str
    button: str
    url: str
    is_grave: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched. ``sql``: a SELECT with ``%(now)s``; ``tell``: what a row of it means, None for nothing."""

    kind: str
    act: Act
    sql: str
    tell: Callable[[Row, datetime], Trouble | None]


_watches: dict[str, Watch] = {}


def watch(kind: str, *, act: Act, sql: str) -> Callable[[Callable[[Row, datetime], Trouble | None]], None]:
    """Register what is watched; decorates the function that tells what a row means."""

    def register(tell: Callable[[Row, datetime], Trouble | None]) -> None:
        _watches[kind] = Watch(kind=kind, act=act, sql=sql, tell=tell)

    return register


def troubles(*, user: User | AnonymousUser, now: datetime) -> list[Trouble]:
    """Return what needs attention and ``user`` may see, the grave ones first. One statement."""
    seen = [one for one in _watches.values() if one.act.may(user)]
    if not seen:
        return []
    parts = (
        f"(SELECT '{one.kind}' AS kind, to_jsonb(t) AS row FROM ({one.sql}) t LIMIT {MOST_OF_ONE})"  # noqa: S608
        for one in seen
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"now": now})
        rows: Sequence[tuple[str, Any]] = cursor.fetchall()
    found = [(kind, _watches[kind].tell(_read(row), now)) for kind, row in rows]
    told = [replace(one, kind=one.kind or kind) for kind, one in found if one is not None]
    return sorted(told, key=lambda one: not one.is_grave)


def _read(row: Any) -> Row:
    """Return a row with its instants, which end in ``_at`` or ``_until``, as datetimes."""
    read: dict[str, Any] = row if isinstance(row, dict) else orjson.loads(row)
    ends = ("_at", "_until")
    return {
        name: datetime.fromisoformat(value) if name.endswith(ends) and isinstance(value, str) else value
        for name, value in read.items()
    }


def page(name: str, *args: object, **query: str | int) -> str:
    """Return the address of an admin page, as ``dialer_did_changelist``."""
    return reverse(f"admin:{name}", args=args) + (f"?{urlencode(query)}" if query else "")
