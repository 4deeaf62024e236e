"""Files that are exported, and their rows as a stranger reads them."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pyarrow.parquet
from python_calamine import CalamineWorkbook

from campaigns.exports.running import export
from campaigns.exports.wanted import Wanted
from campaigns.models import Attempt, Campaign
from campaigns.settling.reports import settle
from dialer.accesses import Reader
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, place

READER = Reader(by="tester", face="COMMAND")


def called(made: Campaign, **facts: Any) -> Attempt:
    """Return a call of the campaign that has ended."""
    attempt = place(made)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=12.5, **facts)
    settle(reports=[(attempt.pk, report)], now=NOON)
    attempt.refresh_from_db()
    return attempt


def file_of(**wanted: Any) -> bytes:
    return b"".join(export(Wanted(**wanted), reader=READER, now=NOON).pieces)


def rows_of(form: str, content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a file, as somebody reads them who knows nothing of us."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    if form == "jsonl":
        return [orjson.loads(line) for line in content.splitlines()]
    if form == "parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
        return found
    sheet: Any = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Rows").to_python()
    names, *lines = sheet
    return [dict(zip(names, line, strict=True)) for line in lines]
