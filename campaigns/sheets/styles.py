"""Which formats of cells show a number otherwise than it is kept: percentages."""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePosixPath
from typing import Any

from campaigns.sheets.package import parse

#: Of the formats that every workbook has (ECMA-376, part 1, 18.8.30): 0% and 0.00%.
_PERCENT = {9, 10}
#: What is written as it is in a format, and so means nothing.
_LITERAL = re.compile(r'"[^"]*"|\\.')
_PATH = PurePosixPath("/xl/styles.xml")


def percent_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the styles (attribute ``s`` of cells) that show a share as a percentage."""
    if str(_PATH).lstrip("/") not in archive.namelist():
        return frozenset()
    formats = set(_PERCENT)
    styles: list[int] = []
    is_of_cells = False

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_of_cells
        if name == "numFmt" and "%" in _LITERAL.sub("", attributes.get("formatCode", "")):
            formats.add(_whole(attributes.get("numFmtId")))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles"):
            is_of_cells = name == "cellXfs"
        elif name == "xf" and is_of_cells:
            styles.append(_whole(attributes.get("numFmtId")))

    parse(archive, _PATH, started)
    return frozenset(str(place) for place, kind in enumerate(styles) if kind in formats)


def _whole(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else -1
