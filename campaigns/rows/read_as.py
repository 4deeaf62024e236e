"""How a file was read, as facts that people are told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class ReadAs:
    """How a file was read. Lines are physical ones: titles, header and rows, those within cells, and blank ones."""

    archive: str = ""
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    lines: int = 0
    lines_within_cells: int = 0
    blank_lines: int = 0
    title_rows: int = 0
    numbers_from: list[str] = field(default_factory=list)
    unread_further_numbers: int = 0
    sheet: str = ""
    hidden_sheets: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return what there is to tell, as JSON."""
        return {name: value for name, value in asdict(self).items() if value}
