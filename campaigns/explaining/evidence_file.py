"""The record of a number as a file to download, from the admin and over REST."""

from __future__ import annotations

from datetime import datetime

from django.http import StreamingHttpResponse

from campaigns.acts import EVIDENCE
from campaigns.explaining.proving import as_csv, as_jsonl
from dialer.accesses import Reader, note_access
from dialer.models import AccessKind


def evidence_file(*, number: str, form: str, reader: Reader, now: datetime) -> StreamingHttpResponse:
    """Return the record of a number as a file. Its name has no number in it, as names end in logs.

    Who takes it is written down.
    """
    details = {"number": number, "form": form}
    note_access(kind=AccessKind.EXPORT, reader=reader, subject="number", now=now, details=details, act=EVIDENCE.name)
    headers = {"Content-Disposition": f'attachment; filename="evidence.{form}"', "Cache-Control": "no-store"}
    if form == "jsonl":
        return StreamingHttpResponse(as_jsonl(number=number), content_type="application/x-ndjson", headers=headers)
    return StreamingHttpResponse(as_csv(number=number), content_type="text/csv; charset=utf-8", headers=headers)
