"""Inputs of many rows, such as hours, caps and retries: what is stored as a list of entries, a row of the form each.

A row keeps what is stored beside its inputs: one that nobody touched is saved as it was, to the letter, and one that
the inputs cannot show is kept, and said. Each problem stands beside its row, and names the row and the input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dialer.json_limits import is_too_deep

#: The hidden input of a row: what is stored, as JSON.
STORED = "stored"
#: So many rows are read of a form, whose inputs are no more than Django takes.
MOST_ROWS = 200
#: What a value of more entries is stored as in the one row that stands for it.
_WHOLE = "the whole value"

#: No browser sends these from an input of one line.
_UNTYPABLE = re.compile("[\x00-\x1f\x7f]")

Cells = dict[str, list[str]]


class RowProblem(Exception):
    """An input of a row holds what cannot be stored. ``part``: its name."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part, self.message = part, message


@dataclass(slots=True)
class Row:
    """A row of a form: the texts of its inputs by part, and what is stored ("" for a new one)."""

    cells: Cells
    stored: str = ""
    #: In words, where the inputs cannot show it.
    kept: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    def one(self, part: str) -> str:
        """Return the text of an input that has one."""
        return (self.cells.get(part) or [""])[0].strip()


class Entries:
    """How the entries of one kind are shown, and read again. ``parts``: the inputs of a row with their labels."""

    parts: ClassVar[Mapping[str, str]]
    #: Inputs that every row has: they alone make no entry.
    fixed: ClassVar[frozenset[str]] = frozenset()

    def spread(self, value: Any) -> list[Any]:
        """Return the entries of a stored value."""
        return list(value) if isinstance(value, list) else []

    def gathered(self, entries: Sequence[Any]) -> Any:
        """Return the value of entries."""
        return list(entries)

    def shown(self, entry: Any) -> Cells | None:
        """Return the inputs of an entry, None where they cannot show it."""
        raise NotImplementedError

    def read(self, row: Row, stored: Any) -> Any:
        """Return the entry of a row that was ``stored`` (None: new); None for no entry. Raises RowProblem."""
        raise NotImplementedError

    def means(self, entry: Any) -> Any:
        """Return what two entries that say the same have in common."""
        return entry

    def words(self, entry: Any) -> str:
        """Return an entry that the inputs cannot show."""
        return as_text(entry)

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Put what is wrong between entries at its row; each of ``rows`` has its entry."""

    def name_of(self, row: Row, place: int) -> str:
        """Return what a row is called in a message; ``place`` counts from 1."""
        return f"Row {place}"

    def row_of(self, entry: Any) -> Row:
        """Return the row of a stored entry."""
        stored = as_text(entry)
        if is_whole(entry):
            return Row({}, stored, kept=f"{len(self.spread(entry[_WHOLE])):,} rows: more than a page takes.")
        cells = self.shown(entry)
        if cells is not None and not any(_UNTYPABLE.search(text) for texts in cells.values() for text in texts):
            row = Row(tidy(cells), stored)
            try:
                again = self.read(row, entry)
            except RowProblem:
                again = None
            if again is not None and self.means(again) == self.means(entry):
                return row
        return Row({}, stored, kept=self.words(entry))

    def rows_of(self, value: Any) -> list[Row]:
        """Return the rows of a stored value; one that stands for all where there are more than a form takes."""
        entries = self.spread(value)
        return [self.row_of(entry) for entry in (entries if len(entries) <= MOST_ROWS else [{_WHOLE: value}])]


def tidy(cells: Mapping[str, Iterable[str]]) -> Cells:
    """Return the inputs of a row without those that hold nothing."""
    found = {part: [text.strip() for text in texts if text.strip()] for part, texts in cells.items()}
    return {part: texts for part, texts in found.items() if texts}


class SentRows(list[Row]):
    """The rows that a form sent."""


class RowsWidget(forms.Widget):
    """A table of inputs. ``template_name`` draws it; with a script rows are added, copied and taken away."""

    def __init__(self, entries: Entries, template_name: str, **context: Any) -> None:
        super().__init__()
        self.entries, self.template_name, self.context = entries, template_name, context
        self.label = ""
        #: What was wrong with each of the rows that were sent.
        self.problems: list[dict[str, str]] = []

    @property
    def media(self) -> forms.Media:
        """The script of all tables of inputs."""
        return forms.Media(css={"all": ["dialer/rows.css"]}, js=["dialer/rows.js"])

    def id_for_label(self, id_: str) -> str:
        """Return nothing: the table is a group, whose inputs have labels of their own."""
        return ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return that it is never left out: no row is an empty value."""
        return False

    def rows(self, value: Any) -> list[Row]:
        """Return the rows of a stored value, or those that were sent."""
        return value if isinstance(value, SentRows) else self.entries.rows_of(value)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> SentRows:
        """Return the rows that were sent, those without anything in them left out."""
        pattern = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-([a-z_]+)")
        found: dict[int, Cells] = {}
        for key in data:
            if match := pattern.fullmatch(key):
                texts = data.getlist(key) if isinstance(data, QueryDict) else _a_list(data[key])
                found.setdefault(int(match[1]), {})[match[2]] = texts
        rows = SentRows()
        for index in sorted(found)[: MOST_ROWS + 1]:
            stored = "".join(found[index].pop(STORED, [])[:1])
            cells = tidy({part: texts for part, texts in found[index].items() if part in self.entries.parts})
            if stored or cells.keys() - self.entries.fixed:
                rows.append(self._sent(cells, stored))
        return rows

    def _sent(self, cells: Cells, stored: str) -> Row:
        """Return a row that was sent; one that was shown in words has no inputs."""
        entry = loaded(stored)
        kept = self.entries.row_of(entry).kept if stored and not cells and entry is not None else ""
        return Row(cells, stored, kept)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the rows with what is wrong with each."""
        context = super().get_context(name, value, attrs)
        rows = self.rows(value)
        if isinstance(value, SentRows) and len(self.problems) == len(rows):
            for row, problems in zip(rows, self.problems, strict=True):
                row.problems = problems
        context["rows"] = [{"index": index, "row": row} for index, row in enumerate(rows)]
        return {
            **context,
            "name": name,
            "group_label": self.label,
            "parts": self.entries.parts,
            "blank": Row({}),
            **self.context,
        }

    def inputs(self, name: str, value: Any) -> dict[str, list[str]]:
        """Return what a browser sends of rows that nobody touched."""
        found: dict[str, list[str]] = {}
        for index, row in enumerate(self.rows(value)):
            found[f"{name}-{index}-{STORED}"] = [row.stored]
            found |= {f"{name}-{index}-{part}": texts for part, texts in row.cells.items()}
        return found

    def text(self, value: Any) -> str:
        """Return rows as one text, by which two states of the table are compared."""
        fixed = self.entries.fixed
        rows = [[row.cells, row.stored] for row in self.rows(value) if row.stored or row.cells.keys() - fixed]
        return json.dumps(rows, sort_keys=True)

    def put(self, data: MutableMapping[str, Any], name: str, text: str) -> None:
        """Put rows (see ``text``) in place of those that were sent."""
        for key in [key for key in data if key.startswith(f"{name}-")]:
            del data[key]
        rows = SentRows(Row(cells, stored) for cells, stored in json.loads(text))
        for key, texts in self.inputs(name, rows).items():
            data.setlist(key, texts)  # type: ignore[attr-defined]  # a QueryDict


class RowsField(forms.Field):
    """A value of many entries. ``least``: what to say where there is none."""

    widget: RowsWidget

    def __init__(self, *, widget: RowsWidget, least: str = "", **kwargs: Any) -> None:
        super().__init__(widget=widget, required=False, **kwargs)
        self.widget.label = str(self.label or "")
        self.least = least

    def clean(self, value: Any) -> Any:
        """Return the value of the rows that were sent. Raises ValidationError with each problem, by row and input."""
        rows = self.widget.rows(value)
        taken: list[Row] = []
        entries: list[Any] = []
        for row in rows:
            try:
                entry = self._entry(row)
            except RowProblem as problem:
                row.problems[problem.part] = problem.message
                continue
            if entry is not None:
                taken.append(row)
                entries.append(entry)
        if any(is_whole(entry) for entry in entries):
            if len(rows) > 1:
                raise ValidationError("Remove the row that stands for all others, or those that you added.")
            return entries[0][_WHOLE]
        if len(rows) > MOST_ROWS:
            raise ValidationError(f"At most {MOST_ROWS} rows are taken.")
        self.widget.entries.check(taken, entries)
        self.widget.problems = [row.problems for row in rows]
        if found := [text for place, row in enumerate(rows, 1) for text in self._said(place, row)]:
            raise ValidationError(found)
        if not entries and self.least:
            raise ValidationError(self.least)
        return self.widget.entries.gathered(entries)

    def _entry(self, row: Row) -> Any:
        stored = loaded(row.stored)
        if stored is not None:
            before = self.widget.entries.row_of(stored)
            if before.kept or before.cells == row.cells:
                return stored
            if not row.cells.keys() - self.widget.entries.fixed:
                return None
        return self.widget.entries.read(row, stored)

    def _said(self, place: int, row: Row) -> list[str]:
        parts, name = self.widget.entries.parts, self.widget.entries.name_of(row, place)
        return [f"{name}, {parts.get(part, part)}: {message}" for part, message in row.problems.items()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether anything was touched."""
        return not self.disabled and self.widget.text(initial) != self.widget.text(data)


def is_whole(entry: Any) -> bool:
    """Return whether an entry stands for a value that has too many of its own."""
    return isinstance(entry, dict) and entry.keys() == {_WHOLE}


def as_text(entry: Any) -> str:
    """Return an entry as JSON."""
    return json.dumps(entry, ensure_ascii=False)


def loaded(stored: str) -> Any:
    """Return what is stored of a row; None for a new one, and for what no page of ours has sent."""
    if not stored or is_too_deep(stored):
        return None
    try:
        return json.loads(stored)
    except ValueError:
        return None


def _a_list(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
