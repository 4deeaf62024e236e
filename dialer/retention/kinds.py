"""What is kept for a time: each kind of rows, and how to tell which of them nobody needs any more.

Each app adds its kinds as it starts, and what of its own holds rows of another app's back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of another table that belong to a row of the kind: ``column`` holds its id."""

    table: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows of one table that are kept for the days that a setting says (DIALER_KEEP_DAYS); 0 days: for ever.

    SQL speaks of the row as ``r``; ``%(before)s`` is the instant before which rows are old. OFFSET 0 in a subquery has
    it asked of each row, by an index: without it PostgreSQL may read a whole table for some hundred rows. ``rank``:
    what refers to others goes before them.
    """

    name: str
    words: str
    table: str
    #: SQL of the instant that tells a row's age; a row without one is not over.
    at: str
    #: Rows of the kind among those of its table, as an index of ``at`` has them; empty: all, read by id.
    indexed: str = ""
    #: What must hold besides, so that nobody needs the row.
    may_go: str = "true"
    #: Rows that go, and are archived, with it; rows that stay and forget it.
    parts: tuple[Part, ...] = ()
    freed_by: tuple[Part, ...] = ()
    #: Told of the rows that go, in the transaction that removes them.
    going: Callable[[Any, Sequence[int]], None] | None = None
    #: Without a folder for archives they are not removed at all.
    needs_archive: bool = False
    rank: int = 0

    @property
    def kept_days(self) -> int:
        """Days that rows are kept; 0: for ever."""
        return int(settings.DIALER_KEEP_DAYS[self.name])

    def old_before(self, *, now: datetime) -> datetime | None:
        """Return the instant before which rows are old, None where they are kept for ever."""
        return now - timedelta(days=self.kept_days) if self.kept_days else None


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds. Raises ValueError for a name that is there or has no setting."""
    for kind in kinds:
        if kind.name in _kinds or kind.name not in settings.DIALER_KEEP_DAYS:
            raise ValueError(f"{kind.name} is there already, or DIALER_KEEP_DAYS does not say how long it is kept.")
        _kinds[kind.name] = kind


def hold(name: str, *, unless: str = "", freed_by: Iterable[Part] = ()) -> None:
    """Keep rows of a kind while ``unless`` (SQL of ``r``) does not hold, and have ``freed_by`` forget those that go."""
    kind = _kinds[name]
    may_go = f"({kind.may_go}) AND ({unless})" if unless else kind.may_go
    _kinds[name] = replace(kind, may_go=may_go, freed_by=(*kind.freed_by, *freed_by))


def kinds(names: Sequence[str] = ()) -> list[Kind]:
    """Return these kinds, all if none is named, in the order in which they can go. Raises KeyError."""
    chosen = [_kinds[name] for name in names] if names else list(_kinds.values())
    return sorted(chosen, key=lambda kind: kind.rank)


def known() -> Mapping[str, Any]:
    """Return all kinds by their names."""
    return _kinds
