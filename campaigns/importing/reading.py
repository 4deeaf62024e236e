"""How a file is to be read, as somebody chose it, and how it was read, as people are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from campaigns.models.file_choices import (
    DELIMITER_NAMES,
    column_map_named,
    delimiter_named,
    encoding_named,
    region_named,
)
from campaigns.rows.problems import ImportProblem


def _checked(named: Callable[[Any], Any], name: Any) -> Any:
    try:
        return named(name)
    except ValidationError as error:
        raise ImportProblem(" ".join(error.messages)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How to read a file. Whatever is "" is found by looking at the file."""

    phone_column: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    region: str = ""  # of numbers without a country code, before that of the list
    header_row: int = 0  # as a spreadsheet shows it; 0: found
    column_map: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ImportProblem for an encoding, a delimiter, a country or a meaning that there is not."""
        _checked(encoding_named, self.encoding)
        _checked(delimiter_named, self.delimiter)
        _checked(region_named, self.region)
        _checked(column_map_named, self.column_map)


#: Nothing was chosen.
AS_FOUND = Choices()


def said(facts: dict[str, Any]) -> str:
    """Return in words how a file was read, from its facts; "" where there are none."""
    sentences = []
    if encoding := facts.get("encoding"):
        delimiter = facts.get("delimiter", "")
        named = DELIMITER_NAMES.get(delimiter, delimiter)
        sentences.append(f"Read as {encoding}, columns separated by {named}. {_lines(facts)}".strip())
    elif facts.get("format") == "json lines":
        sentences.append(f"Read as JSON Lines. {_lines(facts)}".strip())
    if archive := facts.get("archive"):
        sentences.append(f"Unpacked from {archive}.")
    if titles := facts.get("title_rows"):
        sentences.append(f"Passed over above the names of the columns: {titles:,} row{'s' if titles > 1 else ''}.")
    if columns := facts.get("numbers_from"):
        sentences.append(f"Numbers are from {_names(columns)}: the first one of a row is called, the others are kept.")
    if unread := facts.get("unread_further_numbers"):
        sentences.append(f"Cells beside a good number that hold none: {unread:,}; they are kept as variables.")
    if sheet := facts.get("sheet"):
        others = _names(facts.get("other_sheets", []))
        sentences.append(f"Read: the sheet “{sheet}”{f'; not read: {others}' if others else ''}.")
    if hidden := facts.get("hidden_sheets"):
        sentences.append(f"Hidden sheets are not read: {_names(hidden)}.")
    if rows := facts.get("hidden_rows"):
        sentences.append(f"Left out, as they are hidden: {rows:,} rows.")
    if columns := facts.get("hidden_columns"):
        sentences.append(f"Left out, as they are hidden: the columns {_names(columns)}.")
    return " ".join(sentences)


def _lines(facts: dict[str, Any]) -> str:
    within, blank = facts.get("lines_within_cells", 0), facts.get("blank_lines", 0)
    if not facts.get("lines"):
        return ""  # it was looked at, and not read to its end
    parts = [f"{facts['lines']:,} lines"]
    parts += [f"{within:,} of them within cells"] if within else []
    parts += [f"{blank:,} blank"] if blank else []
    return ", ".join(parts) + "."


def _names(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:10])
    return shown + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
