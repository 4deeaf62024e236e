"""Lists as PostgreSQL reads arrays, written at once where all their items are of one plain type.

psycopg asks how each item is written, and tells the server the narrowest type of the largest number: a list of 200 took
0.1 to 0.65 ms, and one statement was another one to the server when its ids had grown. Here no type is told, so each
list has to stand where the statement says one (``%s::bigint[]``, ``= ANY(%s)``).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import NoneType
from typing import Any

import psycopg
from psycopg.abc import Buffer, DumperKey, PyFormat
from psycopg.types.array import ListDumper

Items = list[Any]


def _as_they_are(items: Items) -> str:
    return ",".join(map(str, items))


def _instants(items: Items) -> str:
    return ",".join(map(datetime.isoformat, items))


def _days(items: Items) -> str:
    return ",".join(map(date.isoformat, items))


def _truths(items: Items) -> str:
    return ",".join(["t" if item else "f" for item in items])


def _nothing(items: Items) -> str:
    return ",".join(["NULL"] * len(items))


def _texts(items: Items) -> str:
    joined = '","'.join(items)
    if "\0" in joined:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    if "\\" in joined or joined.count('"') != 2 * (len(items) - 1):
        joined = '","'.join([item.replace("\\", "\\\\").replace('"', '\\"') for item in items])
    return f'"{joined}"'


Write = Callable[[Items], str]
#: How lists are written, by the one type of their items.
PLAIN: Mapping[type, Write] = {
    int: _as_they_are,
    float: _as_they_are,
    uuid.UUID: _as_they_are,
    datetime: _instants,
    date: _days,
    bool: _truths,
    str: _texts,
}


def _with_nulls(write: Write) -> Write:
    return lambda items: ",".join(["NULL" if item is None else write([item]) for item in items])


WRITERS: Mapping[frozenset[type], Write] = {
    frozenset(): _as_they_are,
    frozenset({NoneType}): _nothing,
    **{frozenset({kind}): write for kind, write in PLAIN.items()},
    **{frozenset({kind, NoneType}): _with_nulls(write) for kind, write in PLAIN.items()},
}


class ArrayDumper(ListDumper):
    """Writes plain lists by itself, and leaves others to psycopg."""

    def get_key(self, obj: Items, format: PyFormat) -> DumperKey:
        """Return by what the way of writing is kept: one for all plain lists."""
        return self.cls if _writer(obj) else super().get_key(obj, format)

    def upgrade(self, obj: Items, format: PyFormat) -> Any:
        """Return what writes such a list."""
        return self if _writer(obj) else super().upgrade(obj, format)

    def dump(self, obj: Items) -> Buffer | None:
        """Return the array's text. Raises DataError for a text that PostgreSQL cannot hold."""
        write = _writer(obj) if self.sub_dumper is None else None
        return f"{{{_written(obj, write)}}}".encode() if write is not None else super().dump(obj)


def _writer(items: Items) -> Write | None:
    return WRITERS.get(frozenset(map(type, items)))


def _written(items: Items, write: Write) -> str:
    """Return the items as they stand in an array. What all rows of a batch have in common is written once."""
    if len(items) > 1 and items[0] == items[-1] and items.count(items[0]) == len(items):
        return ",".join([write(items[:1])] * len(items))
    return write(items)
