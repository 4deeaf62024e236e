"""Calls of long ago, and what a run makes of them."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from campaigns.models import Attempt, Campaign, FeedEntry, Lead
from tests.api import made

NOW = datetime(2027, 6, 1, 3, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
LATELY = NOW - timedelta(days=5)


def lead(of: Campaign, number: str, *, ended_at: datetime | None = LONG_AGO) -> Lead:
    """Return a lead of long ago that has ended, or waits."""
    state = "PENDING" if ended_at is None else "COMPLETED"
    found = made.lead(of, number=number, state=state, ended_at=ended_at)
    Lead.objects.filter(pk=found.pk).update(created_at=LONG_AGO)
    return found


def call(of: Lead, *, ended_at: datetime = LONG_AGO, **given: Any) -> Attempt:
    """Return a call that ended long ago."""
    return made.attempt(of, ended_at=ended_at, outcome="ANSWERED", **given)


def feed_begins(at: datetime) -> None:
    """Let the feed hold nothing that is older: what was told of the calls is gone from it."""
    entry = FeedEntry.objects.create(kind="NOTICE", position=1_000)
    FeedEntry.objects.filter(pk=entry.pk).update(created_at=at)


def archived(folder: Path, table: str) -> Counter[int]:
    """Return the ids of a table's rows in all files whose manifest says that they are whole, and how often."""
    found: Counter[int] = Counter()
    for manifest in folder.glob("*.manifest.json"):
        file = folder / json.loads(manifest.read_text())["file"]
        if file.exists():
            found.update(row["row"]["id"] for row in lines(file) if row["table"] == table)
    return found


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in gzip.open(file, "rb")]
