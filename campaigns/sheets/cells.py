"""Values of cells as the text a person would have typed, and rows that cannot be read."""

from __future__ import annotations

import datetime as dt
from typing import Any

MOST_ROW_CHARACTERS = 128 * 1024


def as_text(value: Any) -> str:
    """Return a value as text: whole numbers without a decimal point, dates as ISO 8601, nothing as ""."""
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def fault_of(number: int, cells: list[str], failed_column: int | None) -> list[str] | None:
    """Return code and sentence of what keeps a row from being read."""
    if sum(map(len, cells)) > MOST_ROW_CHARACTERS:
        return ["TOO_LONG", f"Row {number} has more than {MOST_ROW_CHARACTERS:,} characters."]
    if failed_column is not None:
        text = f"The formula in column {failed_column} of row {number} gives an error such as #N/A: write its value."
        return ["FORMULA_ERROR", text]
    return None
