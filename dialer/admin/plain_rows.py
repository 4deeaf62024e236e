"""Rows of texts, ticks and choices, drawn by one template: for whatever needs no table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialer.admin.rows import Entries, RowsWidget, SentRows
from dialer.admin.typed_secrets import opened_input, sealed_input

#: The input of a row that holds what was typed into its secret one, sealed, while the form is mended.
SEALED = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An input of each row. ``kind``: text, check, select or secret; ``list``: what is offered while one types."""

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


class SecretRows(PlainRows):
    """The same with one secret in each row (the part ``hidden``), which is on no page: what was typed is, sealed."""

    def __init__(self, entries: Entries, columns: Sequence[Column], *, noun: str, hidden: str) -> None:
        super().__init__(entries, columns, noun=noun)
        self.hidden = hidden

    def value_from_datadict(self, data: Any, files: Any, name: str) -> SentRows:
        """Return the rows that were sent, with what was typed into them before."""
        rows = super().value_from_datadict(data, files, name)
        for row in rows:
            before = opened_input("".join(row.cells.pop(SEALED, [])), name)
            if before and self.hidden not in row.cells:
                row.cells[self.hidden] = [before]
        return rows

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the rows with their secrets sealed."""
        context = super().get_context(name, value, attrs)
        for one in context["rows"]:
            row = one["row"]
            typed = row.one(self.hidden)
            kept = {SEALED: [sealed_input(typed, name)]} if typed else {}
            cells = {part: texts for part, texts in row.cells.items() if part != self.hidden} | kept
            one["row"] = replace(row, cells=cells)
        return context
