"""Workbooks as small as they can be: sheets of given rows or of given XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet: its rows, or the XML of them; rows (from 1) and columns (from 1) that are hidden."""

    rows: Sequence[Sequence[object]] = ()
    xml: str = ""
    name: str = ""
    state: str = "visible"
    kind: str = "worksheet"
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()

    def as_xml(self) -> str:
        """Return the sheet's part."""
        columns = "".join(f'<col min="{place}" max="{place}" hidden="1"/>' for place in self.hidden_columns)
        rows = self.xml or "".join(self._row(number, row) for number, row in enumerate(self.rows, 1))
        columns = f"<cols>{columns}</cols>" if columns else ""
        return f'<worksheet xmlns="{MAIN}">{columns}<sheetData>{rows}</sheetData></worksheet>'

    def _row(self, number: int, cells: Sequence[object]) -> str:
        hidden = ' hidden="1"' if number in self.hidden_rows else ""
        return f'<row r="{number}"{hidden}>{"".join(map(_cell, cells))}</row>'


def workbook(*sheets: Sheet, parts: Mapping[str, str] | None = None) -> bytes:
    """Return an .xlsx with the sheets, and more parts."""
    names = [sheet.name or f"Sheet{number}" for number, sheet in enumerate(sheets, 1)]
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" state="{sheet.state}" r:id="r{number}"/>'
        for number, (name, sheet) in enumerate(zip(names, sheets, strict=True), 1)
    )
    related = "".join(
        f'<Relationship Id="r{number}" Type="{KIND}/{sheet.kind}" Target="worksheets/sheet{number}.xml"/>'
        for number, sheet in enumerate(sheets, 1)
    )
    if parts and "xl/sharedStrings.xml" in parts:
        related += f'<Relationship Id="s" Type="{KIND}/sharedStrings" Target="sharedStrings.xml"/>'
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{KIND}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KIND}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
        **{f"xl/worksheets/sheet{number}.xml": sheet.as_xml() for number, sheet in enumerate(sheets, 1)},
        **(parts or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in whole.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"
