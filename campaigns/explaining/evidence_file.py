"""The record of a number as a file to download, from the admin and over REST."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from campaigns.explaining.proving import as_csv, as_jsonl


def evidence_file(*, number: str, form: str) -> StreamingHttpResponse:
    """Return the record of a number as a file. Its name has no number in it, as names end in logs."""
    headers = {"Content-Disposition": f'attachment; filename="evidence.{form}"', "Cache-Control": "no-store"}
    if form == "jsonl":
        return StreamingHttpResponse(as_jsonl(number=number), content_type="application/x-ndjson", headers=headers)
    return StreamingHttpResponse(as_csv(number=number), content_type="text/csv; charset=utf-8", headers=headers)
