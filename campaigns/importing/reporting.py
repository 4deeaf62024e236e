"""The report of an import: every row that became no contact, as it was uploaded, with the reason, as CSV."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min

from campaigns.acts import SEE_IMPORTS
from campaigns.models import ContactImport, ImportRefusal
from campaigns.rows.spreadsheet import csv_lines
from dialer.accesses import Reader, counted, note_access
from dialer.database.lent import read_in_pieces
from dialer.models import AccessKind

#: The report's own columns, before those of the upload: an upload that begins with them is a report that was mended.
OWN_COLUMNS = ("row_number", "field", "reason")


#: Codes of rows that are good, and whose number is there already.
DUPLICATE = ("DUPLICATE_IN_FILE", "DUPLICATE_IN_LIST")
#: Reasons that are shown, those of the most rows first.
MOST_GROUPS = 50


class Only(enum.StrEnum):
    """Rows of one kind: what somebody can mend, or what is there already."""

    MEND = "mend"
    DUPLICATES = "duplicates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that became no contact for one reason, with the first of them."""

    code: str
    field: str
    message: str
    rows: int
    first_row: int

    @property
    def is_duplicate(self) -> bool:
        """Whether nothing of these rows is to be mended."""
        return self.code in DUPLICATE


def grouped(contact_import: ContactImport) -> list[Group]:
    """Return the reasons of an import, each with how many rows it refused."""
    rows = (
        contact_import.refusals.order_by()
        .values("code", "field")
        .annotate(rows=Count("id"), first_row=Min("row_number"), message=Min("message"))
    )
    return [Group(**row) for row in rows.order_by("-rows", "first_row")[:MOST_GROUPS]]


def refusal_report(
    contact_import: ContactImport, *, reader: Reader, now: datetime, only: Only | None = None
) -> Iterator[str]:
    """Give the lines of the CSV, in the order of the file. Mended, it can be uploaded as it is.

    ``only``: rows of one kind; None: all. Who takes the report is written down.
    """
    access = note_access(
        kind=AccessKind.EXPORT,
        reader=reader,
        subject="contactimport",
        subject_id=contact_import.pk,
        now=now,
        act=SEE_IMPORTS.name,
        details={"what": "refused rows", "form": "csv", **({"only": only.value} if only else {})},
    )
    columns: list[str] = contact_import.columns
    kept = contact_import.refusals.order_by("row_number")
    if only is not None:
        kept = kept.filter(code__in=DUPLICATE) if only is Only.DUPLICATES else kept.exclude(code__in=DUPLICATE)
    refusals = read_in_pieces(kept, size=2000)
    rows = (_row(refusal, columns) for refusal in counted(refusals, access=access))
    return csv_lines(columns=[*OWN_COLUMNS, *columns], rows=rows)


def _row(refusal: ImportRefusal, columns: list[str]) -> list[Any]:
    uploaded: dict[str, Any] = refusal.row
    extra = [uploaded[key] for key in sorted(set(uploaded) - set(columns), key=_place)]
    cells = [*(uploaded.get(column) for column in columns), *extra]
    return [refusal.row_number, refusal.field, f"{refusal.code}: {refusal.message}", *cells]


def _place(key: str) -> tuple[int, str]:
    return (int(key[1:]), "") if key.startswith("+") and key[1:].isascii() and key[1:].isdigit() else (0, key)
