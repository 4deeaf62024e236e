"""Exports as CSV and as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from campaigns.exports.columns import Column
from campaigns.rows.spreadsheet import csv_lines
from dialer.json_limits import dumped


def csv(columns: Mapping[str, Column], rows: Iterable[tuple[Any, ...]], **_: Any) -> Iterator[bytes]:
    """Give the lines of a CSV file."""
    return (line.encode() for line in csv_lines(columns=list(columns), rows=rows))


def jsonl(columns: Mapping[str, Column], rows: Iterable[tuple[Any, ...]], **_: Any) -> Iterator[bytes]:
    """Give a line of JSON for each row."""
    names = list(columns)
    for row in rows:
        yield dumped(dict(zip(names, row, strict=True))) + b"\n"
