"""Records of a table as rows, by what the names of its columns mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from campaigns.rows.columns import Layout
from campaigns.rows.delimited import Record

#: Columns of a refused row that are kept beyond those of the header.
_MOST_EXTRA = 100


class Row(NamedTuple):
    """One row; ``row_number`` counts the header as row 1."""

    row_number: int
    layout: Layout
    cells: Sequence[Any]


class Refused(NamedTuple):
    """A row that became no contact, and why."""

    row_number: int
    field: str
    code: str
    message: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a table's columns, and their row. ``of_report`` first columns are a report's own, passed over."""

    layout: Layout
    of_report: int = 0
    row_number: int = 1


def row_of(record: Record, header: Header, *, lines_before: int = 0, rows_before: int = 0) -> Row | Refused:
    """Return a table's record as a row, or refused for its fault."""
    number, cells, fault = record
    layout, cells = header.layout, cells[header.of_report :] if header.of_report else cells
    if fault is None:
        return Row(number, layout, cells)
    message = fault.said(rows_before + number, lines_before=lines_before)
    return Refused(number, "", fault.code, message, as_uploaded(layout, cells))


def as_uploaded(layout: Layout, cells: Sequence[Any]) -> dict[str, Any]:
    """Return a row under the names of its columns; the first cells beyond the last column as ``+1``, ``+2``, …"""
    extra = [f"+{count}" for count in range(1, min(len(cells) - len(layout.columns), _MOST_EXTRA) + 1)]
    return dict(zip([*layout.columns, *extra], cells, strict=False))
