"""Numbers whose last digits a spreadsheet has lost, as it writes them: 4.02872E+18. Pure."""

from __future__ import annotations

import re

_SCIENTIFIC = re.compile(r"\s*[+-]?\d(?:[.,](\d*))?E\+(\d{2,3})\s*", re.IGNORECASE)
DIGITS_LOST = (
    "This number has lost digits: a spreadsheet keeps 15 of them. Format the column as text and write it again."
)


def has_lost_digits(cell: object) -> bool:
    """Return whether a cell holds a number of more digits than it shows, and nothing else."""
    found = _SCIENTIFIC.fullmatch(cell) if isinstance(cell, str) else None
    return found is not None and len(found[1] or "") < int(found[2]) > 10
