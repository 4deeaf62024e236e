"""The report of an import: every row that became no contact, as it was uploaded, with the reason, as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from campaigns.acts import SEE_IMPORTS
from campaigns.models import ContactImport, ImportRefusal
from campaigns.rows.spreadsheet import csv_lines
from dialer.accesses import Reader, counted, note_access
from dialer.models import AccessKind

#: The report's own columns, before those of the upload: an upload that begins with them is a report that was mended.
OWN_COLUMNS = ("row_number", "field", "reason")


def refusal_report(contact_import: ContactImport, *, reader: Reader, now: datetime) -> Iterator[str]:
    """Give the lines of the CSV, in the order of the file. Mended, it can be uploaded as it is.

    Who takes the report is written down.
    """
    access = note_access(
        kind=AccessKind.EXPORT,
        reader=reader,
        subject="contactimport",
        subject_id=contact_import.pk,
        now=now,
        act=SEE_IMPORTS.name,
        details={"what": "refused rows", "form": "csv"},
    )
    columns: list[str] = contact_import.columns
    refusals = contact_import.refusals.order_by("row_number").iterator(chunk_size=2000)
    rows = (_row(refusal, columns) for refusal in counted(refusals, access=access))
    return csv_lines(columns=[*OWN_COLUMNS, *columns], rows=rows)


def _row(refusal: ImportRefusal, columns: list[str]) -> list[Any]:
    uploaded: dict[str, Any] = refusal.row
    extra = [uploaded[key] for key in sorted(set(uploaded) - set(columns), key=_place)]
    cells = [*(uploaded.get(column) for column in columns), *extra]
    return [refusal.row_number, refusal.field, f"{refusal.code}: {refusal.message}", *cells]


def _place(key: str) -> tuple[int, str]:
    return (int(key[1:]), "") if key.startswith("+") and key[1:].isascii() and key[1:].isdigit() else (0, key)
