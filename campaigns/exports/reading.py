"""Gives the rows of an export one after the other, however many there are: the database sends some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import F, Func, QuerySet, TextField

from campaigns.exports.columns import BETWEEN_NUMBERS, VARIABLE, Column
from campaigns.exports.wanted import EVERY, Wanted
from campaigns.models import Attempt, Contact, Lead
from campaigns.results.addresses import hidden_facts, recording_path
from dialer.database.lent import read_in_pieces
from dialer.wall_clocks import LAST_INSTANT

CHUNK_ROWS = 2_000
MODELS: Mapping[str, Any] = {"attempts": Attempt, "leads": Lead, "contacts": Contact}
Row = tuple[Any, ...]
#: Returns a cell of what the database gave.
Cell = Callable[[Row], Any]


def rows_of(wanted: Wanted, *, of_ids: Sequence[int]) -> QuerySet[Any]:
    """Return the rows of these campaigns or lists, in no order."""
    rows: QuerySet[Any] = MODELS[wanted.what].objects.filter(**{f"{wanted.table.scope}__in": of_ids})
    if wanted.what == "attempts" and wanted.left != "all":
        rows = rows.filter(is_burned=False) if wanted.left == "false" else rows.exclude(is_burned=False)
    if wanted.lead_ids is not None:
        rows = rows.filter(**{"pk__in" if wanted.what == "leads" else "lead_id__in": wanted.lead_ids})
    if wanted.since is not None:
        rows = rows.filter(**{f"{wanted.table.time}__gte": wanted.since})
    if wanted.until is not None:
        rows = rows.filter(**{f"{wanted.table.time}__lt": wanted.until})
    return rows


def variables_of(wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the variables that are columns, as they are asked for or, of all, by name."""
    names = wanted.wanted_variables
    if EVERY not in names:
        return tuple(dict.fromkeys(names))
    found: set[str] = set()
    for path in wanted.table.variables:
        rows = rows_of(wanted, of_ids=wanted.of_ids).order_by()
        are_there = rows.annotate(kind=_text_of("jsonb_typeof", path)).filter(kind="object")
        keys = are_there.annotate(key=_text_of("jsonb_object_keys", path))
        found.update(keys.values_list("key", flat=True).distinct())
    return tuple(sorted(found))


def _text_of(function: str, path: str) -> Func:
    return Func(F(path), function=function, output_field=TextField())


def read(wanted: Wanted, *, columns: Mapping[str, Column]) -> Iterator[Row]:
    """Give the rows, campaign by campaign, in the order of their ids."""
    paths = _paths(wanted, columns)
    cells = _cells(wanted, columns, {path: place for place, path in enumerate(paths)})
    for of_id in dict.fromkeys(wanted.of_ids):
        rows = rows_of(wanted, of_ids=[of_id]).order_by("id").values_list(*paths)
        for row in read_in_pieces(rows, size=CHUNK_ROWS):
            yield tuple(cell(row) for cell in cells)


def _paths(wanted: Wanted, columns: Mapping[str, Column]) -> tuple[str, ...]:
    own = [column.path for name, column in columns.items() if not name.startswith(VARIABLE)]
    has_variables = len(own) < len(columns)
    # By these the addresses of recordings are found and hidden.
    of_call = ["id", "recording_url"] if wanted.what == "attempts" else []
    return tuple(dict.fromkeys([*own, *of_call, *(wanted.table.variables if has_variables else ())]))


def _cells(wanted: Wanted, columns: Mapping[str, Column], places: Mapping[str, int]) -> list[Cell]:
    variables = tuple(places[path] for path in wanted.table.variables if path in places)
    return [
        _of_variable(column.path, variables)
        if name.startswith(VARIABLE)
        else _own(name, column, places, is_call=wanted.what == "attempts", zone=wanted.zone)
        for name, column in columns.items()
    ]


def _own(name: str, column: Column, places: Mapping[str, int], *, is_call: bool, zone: tzinfo) -> Cell:
    place = places[column.path]
    if column.kind == "instant":
        return lambda row: _in_zone(row[place], zone)
    if name == "reference":
        return lambda row: str(row[place])
    if name == "further_numbers":
        return lambda row: BETWEEN_NUMBERS.join(row[place])
    if is_call and name == "recording_url":
        number = places["id"]
        return lambda row: recording_path(row[number]) if row[place] else row[place]
    if is_call and name in ("detail", "transcript", "analysis"):
        number, url = places["id"], places["recording_url"]
        return lambda row: hidden_facts(row[place], attempt_id=row[number], recording_url=row[url])
    return lambda row: row[place]


def _in_zone(at: datetime | None, zone: tzinfo) -> datetime | None:
    return min(at, LAST_INSTANT).astimezone(zone) if at is not None else None


def _of_variable(name: str, places: Sequence[int]) -> Cell:
    """Return what finds a variable: a lead's own goes before the contact's."""

    def find(row: Row) -> Any:
        return next((row[place][name] for place in places if row[place] and name in row[place]), None)

    return find
