"""The report of an import: every row that became no contact, as it was uploaded, with the reason, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from campaigns.importing.workbooks import as_text
from campaigns.models import ContactImport
from campaigns.results.spreadsheet import harmless


def refusal_report(contact_import: ContactImport) -> Iterator[str]:
    """Give the lines of the CSV, in the order of the file. It starts with a mark, so that Excel reads UTF-8.

    What a spreadsheet would run as a formula has an apostrophe before it; uploading takes it off phone numbers again.
    """
    columns: list[str] = contact_import.columns
    yield "\ufeff" + _line(["row_number", "field", "reason", *columns])
    for refusal in contact_import.refusals.order_by("row_number").iterator(chunk_size=2000):
        row: dict[str, Any] = refusal.row
        extra = [row[key] for key in sorted(set(row) - set(columns), key=_place)]
        cells = [*(row.get(column) for column in columns), *extra]
        yield _line([str(refusal.row_number), refusal.field, f"{refusal.code}: {refusal.message}", *cells])


def _place(key: str) -> tuple[int, str]:
    return (int(key[1:]), "") if key.startswith("+") and key[1:].isascii() and key[1:].isdigit() else (0, key)


def _line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([harmless(as_text(cell)) for cell in cells])
    return buffer.getvalue()
