"""Rows of a rules profile: number series by purpose, required variables, and where its figures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from campaigns.models import Purpose
from dialer.admin.plain_rows import Column, PlainRows
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField

PURPOSES = [(value, label) for value, label in Purpose.choices if value]


def _names(row: Row, part: str) -> list[str]:
    return [text.strip() for text in row.one(part).split(",") if text.strip()]


class SeriesEntries(Entries):
    """Purposes with the beginnings of the numbers from which their calls come."""

    parts: ClassVar[Mapping[str, str]] = {"purpose": "purpose", "prefixes": "numbers that begin with"}
    fixed = frozenset({"purpose"})

    def spread(self, value: Any) -> list[Any]:
        """Return pairs of a purpose and its beginnings."""
        return [[purpose, prefixes] for purpose, prefixes in value.items()] if isinstance(value, dict) else []

    def gathered(self, entries: Sequence[Any]) -> dict[str, Any]:
        """Return the beginnings by purpose."""
        return {purpose: prefixes for purpose, prefixes in entries}  # noqa: C416 - pairs are lists

    def shown(self, entry: Any) -> Cells | None:
        """Return the inputs; None for a purpose that no campaign has."""
        purpose, prefixes = entry
        known = (
            purpose in dict(PURPOSES) and isinstance(prefixes, list) and all(isinstance(one, str) for one in prefixes)
        )
        return {"purpose": [purpose], "prefixes": [", ".join(prefixes)]} if known else None

    def read(self, row: Row, stored: Any) -> Any:
        """Return a pair."""
        if row.one("purpose") not in dict(PURPOSES):
            raise RowProblem("purpose", "Choose what the calls are for.")
        prefixes = _names(row, "prefixes")
        if wrong := next((one for one in prefixes if not one.removeprefix("+").isdecimal()), None):
            raise RowProblem("prefixes", f"“{wrong}” begins no number: write +91140, +911600.")
        return [row.one("purpose"), prefixes]

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Refuse two rows of one purpose."""
        seen: set[str] = set()
        for row, (purpose, _) in zip(rows, entries, strict=True):
            if purpose in seen:
                row.problems["purpose"] = "There is a row for it already: put the numbers in one."
            seen.add(purpose)


class NameEntries(Entries):
    """Names, one in each row."""

    parts: ClassVar[Mapping[str, str]] = {"name": "variable"}

    def shown(self, entry: Any) -> Cells | None:
        """Return the name."""
        return {"name": [entry]} if isinstance(entry, str) and entry else None

    def read(self, row: Row, stored: Any) -> Any:
        """Return the name."""
        return row.one("name")


class SourceEntries(Entries):
    """Figures with where they come from, and whether somebody has verified them."""

    parts: ClassVar[Mapping[str, str]] = {
        "figure": "figure",
        "source": "source",
        "verified": "verified",
        "note": "note",
    }
    _texts = ("figure", "source", "note")

    def shown(self, entry: Any) -> Cells | None:
        """Return the inputs; None for what has more to it than these."""
        if not isinstance(entry, dict) or not entry.keys() <= self.parts.keys():
            return None
        texts = [entry.get(name, "") for name in self._texts]
        if not all(isinstance(text, str) for text in texts) or not isinstance(entry.get("verified", False), bool):
            return None
        ticked = ["on"] if entry.get("verified") else []
        return {name: [text] for name, text in zip(self._texts, texts, strict=True)} | {"verified": ticked}

    def read(self, row: Row, stored: Any) -> Any:
        """Return a source."""
        if not row.one("figure"):
            raise RowProblem("figure", "Name the figure, such as 3 in 24 h.")
        note = row.one("note")
        found = {"figure": row.one("figure"), "source": row.one("source"), "verified": bool(row.one("verified"))}
        return found | ({"note": note} if note else {})

    def means(self, entry: Any) -> Any:
        """Return texts and tick, said or not."""
        return ([entry.get(name, "") for name in self._texts], bool(entry.get("verified")))


def series_field(**kwargs: Any) -> RowsField:
    """Return a field of number series."""
    columns = (
        Column(part="purpose", label="for", kind="select", choices=PURPOSES),
        Column(part="prefixes", label="from numbers that begin with", placeholder="+91140, +911600"),
    )
    return RowsField(widget=PlainRows(SeriesEntries(), columns, noun="a series"), **kwargs)


def names_field(**kwargs: Any) -> RowsField:
    """Return a field of names."""
    columns = (Column(part="name", label="variable", placeholder="e.g. consent_id"),)
    return RowsField(widget=PlainRows(NameEntries(), columns, noun="a variable"), **kwargs)


def sources_field(**kwargs: Any) -> RowsField:
    """Return a field of sources."""
    columns = (
        Column(part="figure", label="figure", placeholder="3 in 24 h"),
        Column(part="verified", label="verified", kind="check"),
        Column(part="source", label="source", wide=True),
        Column(part="note", label="note", wide=True),
    )
    return RowsField(widget=PlainRows(SourceEntries(), columns, noun="a figure"), **kwargs)
