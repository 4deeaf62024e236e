"""Rows of a subscriber's own names for what it is told: where each stands in what is sent, and what it holds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from dialer.admin.plain_rows import Column, PlainRows
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField
from webhooks.rules.key_maps import NAMES, text_problems

Path = list[str | int]

#: What a value of a key map is, beside text.
NUMBER, TRUTH, NOTHING = "number", "truth", "nothing"
KINDS = (("", "text"), (NUMBER, "number"), (TRUTH, "true or false"), (NOTHING, "nothing (null)"))
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
_PART = re.compile(r"[^.\[\]]+|\[\d{1,4}\]")
_PATH = re.compile(r"[^.\[\]]+(\[\d{1,4}\])*(\.[^.\[\]]+(\[\d{1,4}\])*)*")
_WHOLE_NUMBER = re.compile(r"-?\d{1,30}")


class KeyMapEntries(Entries):
    """The values of a key map by where they stand, as messages about it say: phone of customer, the first of tags."""

    parts: ClassVar[Mapping[str, str]] = {"name": "your name", "kind": "kind", "value": "what it holds"}
    fixed = frozenset({"kind"})

    def spread(self, value: Any) -> list[Any]:
        """Return pairs of a path and a value that holds no others."""
        return [[path, leaf] for path, leaf in _leaves(value, [])] if isinstance(value, dict) else []

    def gathered(self, entries: Sequence[Any]) -> Any:
        """Return the map; None for none, which means our names."""
        return _nested([(path, value) for path, value in entries]) if entries else None

    def shown(self, entry: Any) -> Cells | None:
        """Return the inputs; None for an empty list or object."""
        path, value = entry
        if isinstance(value, dict | list):
            return None
        kind = _kind_of(value)
        text = {NUMBER: repr(value), TRUTH: str(value).lower(), NOTHING: ""}.get(kind, value)
        return {"name": [path_text(path)], "kind": [kind], "value": [text]}

    def words(self, entry: Any) -> str:
        """Return what has no inputs."""
        path, value = entry
        empty = "an empty list" if isinstance(value, list) else "an empty object" if isinstance(value, dict) else value
        return f"{path_text(path)}: {empty}"

    def read(self, row: Row, stored: Any) -> Any:
        """Return path and value."""
        name = row.one("name")
        if not name:
            raise RowProblem("name", "Enter the name that you want, or remove the row.")
        if not _PATH.fullmatch(name):
            raise RowProblem("name", "Write phone, customer.phone for one inside another, or tags[0] for a list.")
        path: Path = [int(part[1:-1]) if part[0] == "[" else part for part in _PART.findall(name)]
        return [path, _value(row, stored)]

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Refuse two values for one place, and a place that holds a value and others as well."""
        kinds: dict[tuple[str | int, ...], str] = {}
        for row, (path, _) in zip(rows, entries, strict=True):
            if problem := _taken(kinds, path):
                row.problems["name"] = problem


def key_map_field(**kwargs: Any) -> RowsField:
    """Return a field of a key map."""
    places = [f"{{{{{space}.{name}}}}}" for space, names in NAMES.items() for name in names]
    columns = (
        Column(part="name", label="your name", placeholder="phone"),
        Column(part="value", label="holds", wide=True, placeholder="{{lead.number}}", list=places),
        Column(part="kind", label="as", kind="select", choices=KINDS),
    )
    return RowsField(widget=PlainRows(KeyMapEntries(), columns, noun="a name"), **kwargs)


def path_text(path: Path) -> str:
    """Return where a value stands, as a message says it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    inner = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    if not inner:
        yield path, value
    for part, below in inner:
        yield from _leaves(below, [*path, part])


def _nested(pairs: Sequence[tuple[Path, Any]]) -> Any:
    if not pairs[0][0]:
        return pairs[0][1]
    below: dict[str | int, list[tuple[Path, Any]]] = {}
    for path, value in pairs:
        below.setdefault(path[0], []).append((path[1:], value))
    inner = {part: _nested(rows) for part, rows in below.items()}
    # A list is as long as its rows: one that was taken away leaves no gap.
    return [inner[place] for place in sorted(inner)] if isinstance(pairs[0][0][0], int) else inner


def _taken(kinds: dict[tuple[str | int, ...], str], path: Path) -> str:
    """Return why no value can stand at a path beside those of ``kinds``, and note what it takes; empty if it can."""
    for end in range(1, len(path) + 1):
        here = tuple(path[:end])
        part = "a value" if end == len(path) else "a list" if isinstance(path[end], int) else "an object"
        known = kinds.setdefault(here, part)
        if known != part:
            return f"“{path_text(path[:end])}” is {known} in another row."
        if part == "a value" and (*here, "") in kinds:
            return f"“{path_text(path)}” is there twice."
    kinds[(*path, "")] = "taken"
    return ""


def _kind_of(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return TRUTH
    return NUMBER if isinstance(value, int | float) else ""


def _value(row: Row, stored: Any) -> Any:
    """Return what a row holds. Raises RowProblem."""
    kind, text = row.one("kind"), row.one("value")
    if kind == NUMBER:
        return _number(text)
    if kind == TRUTH:
        if text.lower() not in _TRUTHS:
            raise RowProblem("value", "Enter true or false.")
        return _TRUTHS[text.lower()]
    if kind == NOTHING:
        if text:
            raise RowProblem("value", "Leave it empty, or choose what it is.")
        return None
    if not text and not (isinstance(stored, list) and stored[1:] == [""]):
        raise RowProblem("value", "Enter what it holds, such as {{lead.number}}.")
    if problem := next(iter(text_problems(text)), ""):
        raise RowProblem("value", f"{problem[0].upper()}{problem[1:]}")
    return text


def _number(text: str) -> int | float:
    if _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RowProblem("value", "Enter a number.")
    return number
