"""Rows of texts, ticks and choices, drawn by one template: for whatever needs no table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.admin.rows import Entries, RowsWidget


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An input of each row. ``kind``: text, check or select; ``list``: what is offered while one types."""

    part: str
    label: str
    kind: str = "text"
    wide: bool = False
    placeholder: str = ""
    choices: Sequence[tuple[str, str]] = ()
    list: Sequence[str] = ()


class PlainRows(RowsWidget):
    """Rows of such inputs. ``noun``: what one row is, with its article left out."""

    def __init__(self, entries: Entries, columns: Sequence[Column], *, noun: str) -> None:
        super().__init__(entries, "admin/dialer/rows.html", columns=columns, noun=noun)
