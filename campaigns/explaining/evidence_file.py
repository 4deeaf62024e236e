"""The record of a number as a file to download, from the admin and over REST."""

from __future__ import annotations

import io

from django.http import HttpResponse, StreamingHttpResponse

from campaigns.explaining.proving import as_jsonl, write_csv


def evidence_file(*, number: str, form: str) -> HttpResponse | StreamingHttpResponse:
    """Return the record of a number as a file. Its name has no number in it, as names end in logs."""
    headers = {"Content-Disposition": f'attachment; filename="evidence.{form}"', "Cache-Control": "no-store"}
    if form == "jsonl":
        return StreamingHttpResponse(as_jsonl(number=number), content_type="application/x-ndjson", headers=headers)
    out = io.StringIO(newline="")
    write_csv(number=number, to=out)
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
