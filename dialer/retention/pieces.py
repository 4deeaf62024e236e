"""Finds the rows that may go, reads them as lines, and removes them, a piece a transaction.

A row that somebody holds at that moment is passed over, so that neither waits for the other, and so is one that is not
as it was archived: both stay for the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from dialer.retention import archives
from dialer.retention.kinds import Kind

#: Rows looked at in one statement.
PAGE = 5_000
#: Rows that are read whole in one statement: some are large.
READ = 1_000
#: Rows removed in one transaction: some ten milliseconds.
PIECE = 500

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A row that may go."""

    id: int
    at: datetime


def in_pieces(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    """Give ids so many at a time."""
    iterator = iter(ids)
    while piece := list(islice(iterator, size)):
        yield piece


def old_rows(kind: Kind, *, before: datetime) -> Iterator[list[Old]]:
    """Give the rows that may go, oldest first, a page of the table at a time."""
    after: tuple[Any, ...] = (_BEGINNING, 0) if kind.indexed else (0,)
    statement = _page(kind)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"before": before, "after": after[0], "after_id": after[-1], "most": PAGE})
            rows = cursor.fetchall()
        good = [Old(id=row[0], at=row[1]) for row in rows if row[2]]
        if good:
            yield good
        # By id: the rest is younger still.
        if len(rows) < PAGE or not any(at is not None and at < before for _, at, _ in rows):
            return
        after = (rows[-1][1], rows[-1][0]) if kind.indexed else (rows[-1][0],)


def _page(kind: Kind) -> str:
    place, order, which = "r.id > %(after_id)s", "r.id", "true"
    if kind.indexed:
        place, order = f"({kind.at}, r.id) > (%(after)s, %(after_id)s)", f"{kind.at}, r.id"
        which = f"{kind.indexed} AND {kind.at} < %(before)s"
    return f"""
        SELECT r.id, {kind.at}, {_may_go(kind)}
          FROM {kind.table} r WHERE {which} AND {place} ORDER BY {order} LIMIT %(most)s
    """  # noqa: S608


def _may_go(kind: Kind) -> str:
    return f"COALESCE({kind.at} < %(before)s, false) AND ({kind.may_go})"


def lines_of(cursor: Any, kind: Kind, *, ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Give the lines of rows and of what belongs to them, each with the id of the row."""
    for table, column in ((kind.table, "id"), *((part.table, part.column) for part in kind.parts)):
        cursor.execute(
            f"SELECT r.{column}, to_jsonb(r)::text FROM {table} r WHERE r.{column} = ANY(%s) ORDER BY 1",  # noqa: S608
            [list(ids)],
        )
        for of, row in cursor.fetchall():
            yield of, archives.line(table=table, of=of, row=row)


@transaction.atomic
def remove(
    kind: Kind, *, ids: Sequence[int], before: datetime, archived: Mapping[int, bytes] | None, archive_id: int | None
) -> int:
    """Remove rows with what belongs to them; return how many went. ``archived``: what stands for each in its file."""
    with connection.cursor() as cursor:
        # Asked of each row, and not as joins, which read whole tables.
        cursor.execute(
            f"""SELECT r.id, {_may_go(kind)} FROM {kind.table} r
                 WHERE r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE OF r SKIP LOCKED""",  # noqa: S608
            {"ids": list(ids), "before": before},
        )
        going = [row_id for row_id, may_go in cursor.fetchall() if may_go]
        if archived is not None:
            now_there = archives.digests_of(lines_of(cursor, kind, ids=going))
            going = [one for one in going if now_there[one] == archived.get(one)]
        if not going:
            return 0
        if kind.going is not None:
            kind.going(cursor, going)
        for part in kind.parts:
            cursor.execute(f"DELETE FROM {part.table} WHERE {part.column} = ANY(%s)", [going])  # noqa: S608
        for part in kind.freed_by:
            cursor.execute(
                f"UPDATE {part.table} SET {part.column} = NULL WHERE {part.column} = ANY(%s)",  # noqa: S608
                [going],
            )
        cursor.execute(f"DELETE FROM {kind.table} WHERE id = ANY(%s)", [going])  # noqa: S608
        if archive_id is not None:
            cursor.execute("UPDATE dialer_archive SET removed = removed + %s WHERE id = %s", [len(going), archive_id])
        return len(going)
