"""CSV files as we write them: a spreadsheet shows every cell and runs none, and numbers stay plain. Pure.

A cell that Excel, LibreOffice or Sheets would run as a formula gets an apostrophe before it, wherever it would begin a
cell: at its start, and behind each mark at which a program with another separator would split it. Uploading such a file
takes exactly those apostrophes off again (``as_given``), so that what was written is what is read.

Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from dialer.json_limits import dumped

#: Marks at which a program may split a cell into several.
_SEPARATORS = ",;|\\t\\r\\n"
#: What programs drop or do not show before a formula: spaces, quotes and invisible marks.
_DROPPED = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x20\\x7f-\\xa0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufe00-\ufe0f\ufeff'\"`´‘-‟«»＂＇"
)
#: Signs of formulas: ASCII, full width, and small.
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
#: What is shown as it is: a sign, digits, spaces between them, a fraction, an exponent, a percent; or dashes alone.
_NUMBER = f"(?: ?[+\\-−]\\d[\\d ]*(?:[.]\\d+)?(?:[eE][+\\-]?\\d+)?%?|[\\-−]+)[ \"'\\]}})]*(?=[{_SEPARATORS}]|\\Z)"
_RUN = f"(?!{_NUMBER})[{_DROPPED}]*[{_SIGNS}]"
_BEGINS = f"(?:\\A|(?<=[{_SEPARATORS}]))"
#: A tab or a line end at the very start is dropped as well, by some together with what stands behind it.
_WOULD_RUN = re.compile(f"{_BEGINS}(?={_RUN})|\\A(?=[{_DROPPED}]*[\\t\\r\\n])")
_DEFUSED = re.compile(f"{_BEGINS}'(?={_RUN})|\\A'(?=[{_DROPPED}]*[\\t\\r\\n])")
_MAY_RUN = re.compile(f"[{_SIGNS}\\t\\r\\n]")
_TO_QUOTE = re.compile('[,;|\\t\\r\\n"]')


def harmless(cell: str) -> str:
    """Return a cell so that a spreadsheet shows it and does not run it; a number stays as it is."""
    return _WOULD_RUN.sub("'", cell) if _MAY_RUN.search(cell) else cell


def as_given(cell: str) -> str:
    """Return what ``harmless`` was given: without the apostrophes that it put in."""
    return _DEFUSED.sub("", cell) if "'" in cell else cell


def csv_lines(*, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Give the lines of a CSV file, with its names first: commas and CRLF (RFC 4180), each cell harmless.

    It starts with a mark, so that Excel reads UTF-8. Instants are ISO 8601, lists and objects JSON, None is empty.
    """
    yield "\ufeff" + _line(columns)
    for row in rows:
        yield _line(row)


def _line(cells: Iterable[Any]) -> str:
    return ",".join(_quoted(harmless(_text(cell))) for cell in cells) + "\r\n"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return dumped(value).decode() if isinstance(value, bool | dict | list) else str(value)


def _quoted(cell: str) -> str:
    # Beside other programs' separators too: a reader that guesses among them finds the commas.
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell
