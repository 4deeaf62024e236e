"""What the XML of a sheet tells before the sheet is held: where its cells are, what is hidden, what failed."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field

from campaigns.sheets.package import TOO_LARGE, Problem, Sheet, parse

#: The reader holds a sheet as a grid from its first cell to its last.
MOST_CELLS = 12_000_000
MOST_COLUMN_FORMATS = 16_384


@dataclass
class Extent:
    """What the XML of a sheet tells before the sheet is held: where its cells are, what is hidden, what failed."""

    first: tuple[int, int] = (1 << 30, 1 << 30)
    last: tuple[int, int] = (0, 0)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    errors: set[tuple[int, int]] = field(default_factory=set)
    percents: set[tuple[int, int]] = field(default_factory=set)

    @property
    def cells(self) -> int:
        """Return how many cells the grid has."""
        return max(0, self.last[0] - self.first[0] + 1) * max(0, self.last[1] - self.first[1] + 1)

    def is_hidden(self, column: int) -> bool:
        """Return whether a column is hidden; the first one is 1."""
        return any(low <= column <= high for low, high in self.hidden_columns)


_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)


def extent_of(archive: zipfile.ZipFile, sheet: Sheet, *, percents: frozenset[str] = frozenset()) -> Extent:
    """Return where a sheet's cells with values are, and what is hidden. Raises Problem for a grid that is too large.

    ``percents`` are the styles of cells that show percentages.
    """
    found = Extent()
    row = column = 0
    pending = False
    top, left, bottom, right = *found.first, *found.last
    hidden_by_default = False
    columns: dict[str, int] = {}

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, pending, top, left, bottom, right, hidden_by_default
        if name == "c":
            pending = True
            place = attributes.get("r")
            match = _CELL.fullmatch(place) if place else None
            if match is None:
                column += 1
            else:
                letters, digits = match.groups()
                column = columns.get(letters) or columns.setdefault(letters, _column(letters))
                row = int(digits)
            if attributes.get("t") == "e":
                found.errors.add((row, column))
            elif percents and attributes.get("s") in percents:
                found.percents.add((row, column))
        elif pending and name in ("v", "is", "f"):
            pending = False
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, column)
        elif name == "row":
            row = int(attributes["r"]) if "r" in attributes else row + 1
            column = 0
            if _is_hidden(attributes, "ht", by_default=hidden_by_default):
                found.hidden_rows.add(row)
        elif name == "col" and len(found.hidden_columns) < MOST_COLUMN_FORMATS and _is_hidden(attributes, "width"):
            found.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif name == "sheetFormatPr":
            hidden_by_default = attributes.get("zeroHeight") in ("1", "true")

    parse(archive, sheet.path, started)
    found.first, found.last = (top, left), (bottom, right)
    if found.cells > MOST_CELLS:
        raise Problem(
            f"The cells of the sheet {sheet.name[:40]!r} reach from row {top:,} to {bottom:,} and over "
            f"{right - left + 1:,} columns: delete what stands far from the table, or {TOO_LARGE}"
        )
    return found


def _is_hidden(attributes: dict[str, str], size: str, *, by_default: bool = False) -> bool:
    said = attributes.get("hidden")
    is_said = said in ("1", "true") if said is not None else by_default and size not in attributes
    return is_said or attributes.get(size) in ("0", "0.0")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
