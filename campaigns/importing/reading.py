"""How a file is to be read, as somebody chose it, and how it was read, as people are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from campaigns.importing.problems import ImportProblem
from campaigns.models.file_choices import DELIMITER_NAMES, delimiter_named, encoding_named


def _checked(named: Callable[[str], str], name: str) -> str:
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

    def __post_init__(self) -> None:
        """Raise ImportProblem for an encoding or a delimiter that there is not."""
        _checked(encoding_named, self.encoding)
        _checked(delimiter_named, self.delimiter)


#: Nothing was chosen.
AS_FOUND = Choices()


@dataclass(slots=True)
class ReadAs:
    """How a file was read. Lines are physical ones: header and rows, those within cells, and blank ones."""

    encoding: str = ""
    delimiter: str = ""
    lines: int = 0
    lines_within_cells: int = 0
    blank_lines: int = 0
    sheet: str = ""
    hidden_sheets: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return what there is to tell, as JSON."""
        return {name: value for name, value in asdict(self).items() if value}


def said(facts: dict[str, Any]) -> str:
    """Return in words how a file was read, from its facts; "" where there are none."""
    sentences = []
    if encoding := facts.get("encoding"):
        delimiter = facts.get("delimiter", "")
        sentences.append(f"Read as {encoding}, columns separated by {DELIMITER_NAMES.get(delimiter, delimiter)}.")
        sentences.append(_lines(facts))
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
    parts = [f"{facts.get('lines', 0):,} lines"]
    parts += [f"{within:,} of them within cells"] if within else []
    parts += [f"{blank:,} blank"] if blank else []
    return ", ".join(parts) + "."


def _names(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:10])
    return shown + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
