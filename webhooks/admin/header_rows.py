"""Rows of the headers that a subscriber is sent: names, and values that no page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from dialer.admin.plain_rows import SEALED, Column, SecretRows
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField
from webhooks.rules.sent_headers import name_problem, value_problem

#: Stands for headers that no key of this installation opens: their names are sealed with them.
UNREADABLE = "unreadable"


class HeaderEntries(Entries):
    """Headers as pairs of name and value; the value of a stored one is empty, as no page shows it."""

    parts: ClassVar[Mapping[str, str]] = {"name": "name", "value": "value", SEALED: "value"}

    def shown(self, entry: Any) -> Cells | None:
        """Return the name; None for what cannot be read."""
        return {"name": [entry[0]]} if isinstance(entry, list) else None

    def words(self, entry: Any) -> str:
        """Say why it cannot."""
        return "Headers that cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time."

    def read(self, row: Row, stored: Any) -> Any:
        """Return name and value; no value where the stored one stays."""
        name, value = row.one("name"), row.one("value")
        known = stored[0] if isinstance(stored, list) and stored else ""
        if problem := name_problem(name) if name else "Enter its name, or remove the row.":
            raise RowProblem("name", problem)
        if not value and name == known:
            return [name, ""]
        if not value:
            raise RowProblem("value", f"Enter it: the stored one is that of {known}." if known else "Enter it.")
        if problem := value_problem(name, value):
            raise RowProblem("value", problem)
        return [name, value]

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Refuse two rows for one header."""
        seen: set[str] = set()
        for row, entry in zip(rows, entries, strict=True):
            name = entry[0].lower() if isinstance(entry, list) else UNREADABLE
            if name in seen:
                row.problems["name"] = f"{entry[0]} is there twice."
            seen.add(name)


def headers_field(**kwargs: Any) -> RowsField:
    """Return a field of headers: a list of name and value, the value empty where the stored one stays."""
    columns = (
        Column(part="name", label="name", placeholder="X-Api-Key"),
        Column(part="value", label="value", kind="secret", wide=True),
    )
    return RowsField(widget=SecretRows(HeaderEntries(), columns, noun="a header", hidden="value"), **kwargs)
