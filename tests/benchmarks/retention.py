"""Removing a million old rows while events come in: in pieces, with and without archives, against detaching partitions.

The load beside is a connection that stores an event and updates a lead, a commit each 5 ms: what it waits is the price.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.benchmarks.arena import project

PAUSE_SECONDS = 0.005
QUIET_SECONDS = 10.0
#: A partition for each month of the past, and one for what comes in.
MONTHS = 12
LOOKUPS = 2_000


def run(*, rows: int) -> dict[str, Any]:
    """Make a past of so many calls and remove it; return what it took, and what the load beside waited."""
    with project(name="retention"):
        from django.conf import settings

        from tests.history.rows import make_past

        make_past(rows)
        found: dict[str, Any] = {"rows": rows, "partitions": _partitions()}
        with _load() as quiet:
            time.sleep(QUIET_SECONDS)
        found["load_alone"] = _waits(quiet)
        settings.DIALER_KEEP_DAYS = dict.fromkeys(settings.DIALER_KEEP_DAYS, 0)
        for name, kind, archived in (
            ("events", "applied-events", False),
            ("deliveries", "deliveries", True),
            ("feed", "feed", True),
            ("calls", "calls", True),
        ):
            found[name] = _removed(kind, archived=archived)
            print(name, found[name], file=sys.stderr, flush=True)
        return found


def _removed(kind: str, *, archived: bool) -> dict[str, Any]:
    from django.conf import settings

    from dialer.retention.kinds import known
    from dialer.retention.runs import retain

    table = known()[kind].table
    settings.DIALER_KEEP_DAYS[kind] = 1
    before = _bytes(table)
    with tempfile.TemporaryDirectory() as folder, _load() as waits:
        settings.DIALER_ARCHIVE_FOLDER = folder if archived else ""
        began = time.monotonic()
        (report,) = retain(names=[kind], now=datetime.now(UTC) + timedelta(days=8)).kinds
        seconds = time.monotonic() - began
    after = _bytes(table)
    settings.DIALER_KEEP_DAYS[kind] = 0
    _execute(f"VACUUM ANALYZE {table}")
    return {
        "removed": report.removed,
        "seconds": round(seconds, 1),
        "rows_per_second": round(report.removed / seconds),
        "longest_piece_ms": report.longest_piece_ms,
        "beside": _waits(waits),
        "mb_before": before // 2**20,
        "mb_after": after // 2**20,
        "mb_vacuumed": _bytes(table) // 2**20,
        "problem": report.problem,
    }


def _partitions() -> dict[str, Any]:
    """Return what detaching takes, and what partitions cost those who look for an event by its id or store one."""
    _execute(
        """CREATE TABLE parted (LIKE webhooks_providerevent INCLUDING DEFAULTS INCLUDING IDENTITY)
           PARTITION BY RANGE (received_at)"""
    )
    first = datetime.now(UTC) - timedelta(days=366)
    edges = [first + timedelta(days=31 * n) for n in range(MONTHS + 2)]
    for n, (since, until) in enumerate(pairwise(edges)):
        _execute(f"CREATE TABLE parted_{n} PARTITION OF parted FOR VALUES FROM ('{since}') TO ('{until}')")
    _execute("CREATE INDEX ON parted (id)")
    _execute("CREATE INDEX ON parted (account_id, dedupe_key) WHERE dedupe_key IS NOT NULL")
    _execute("CREATE INDEX ON parted (attempt_id)")
    _execute("CREATE INDEX ON parted (state, received_at) WHERE state IN ('APPLIED', 'IGNORED', 'FAILED')")
    _execute("INSERT INTO parted SELECT * FROM webhooks_providerevent")
    _execute("VACUUM ANALYZE parted")
    found = {
        f"{what}_ms_{table}": _looked_up(table, column)
        for table in ("webhooks_providerevent", "parted")
        for what, column in (("by_id", "id"), ("by_attempt", "attempt_id"))
    }
    with _load(table="parted") as waits:
        time.sleep(2)
        began = time.perf_counter()
        _execute("ALTER TABLE parted DETACH PARTITION parted_0")
        _execute("DROP TABLE parted_0")
        detach_ms = (time.perf_counter() - began) * 1000
        time.sleep(2)
    _execute("DROP TABLE parted")
    return {**found, "detach_and_drop_ms": round(detach_ms, 1), "beside": _waits(waits)}


def _looked_up(table: str, column: str) -> float:
    """Return how long a look-up of one event takes, in milliseconds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM webhooks_providerevent")
        lowest, highest = cursor.fetchone()
        began = time.perf_counter()
        for n in range(LOOKUPS):
            wanted = lowest + (highest - lowest) * n // LOOKUPS
            cursor.execute(f"SELECT state FROM {table} WHERE {column} = %s", [wanted])
            cursor.fetchall()
    return round((time.perf_counter() - began) * 1000 / LOOKUPS, 3)


@contextmanager
def _load(table: str = "webhooks_providerevent") -> Iterator[list[float]]:
    """Store events and update leads for the time of a block; give the seconds that each commit took."""
    from django.db import connection

    waits: list[float] = []
    done = threading.Event()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id), (SELECT min(id) FROM dialer_provideraccount) FROM campaigns_lead")
        lowest, highest, account_id = cursor.fetchone()

    def work() -> None:
        other = connection.copy()
        turn = 0
        with other.cursor() as cursor:
            while not done.wait(PAUSE_SECONDS):
                turn += 1
                began = time.perf_counter()
                cursor.execute(
                    f"""WITH kept AS (INSERT INTO {table} (account_id, source, headers, body)
                                      VALUES (%s, 'PUSH', '{{}}', '{{"event": "call.ended"}}'))
                        UPDATE campaigns_lead SET last_attempt_at = now() WHERE id = %s""",
                    [account_id, lowest + turn * 7919 % max(highest - lowest, 1)],
                )
                waits.append(time.perf_counter() - began)
        other.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


def _waits(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p99": 0.99, "most": 1.0}
    return {
        "commits": len(ordered),
        **{
            f"{name}_ms": round(ordered[min(int(len(ordered) * at), len(ordered) - 1)] * 1000, 2)
            for name, at in places.items()
        },
    }


def _bytes(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])


def _execute(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
