"""The least statements that write as many rows as wide as ours, into tables with a primary key alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def bare_tables(cursor: Any) -> Iterator[None]:
    """Have tables of the columns of leads and attempts, without any other index, constraint or trigger."""
    for table in ("lead", "attempt"):
        cursor.execute(f"CREATE TABLE bare_{table} (LIKE campaigns_{table}, PRIMARY KEY (id))")
    try:
        yield
    finally:
        cursor.execute("DROP TABLE bare_lead, bare_attempt")


def written(*, batch: int, turns: int) -> dict[str, float]:
    """Write what is in the tables of leads and of attempts once more, bare; return the figures.

    There must be ``batch`` times ``turns`` attempts. Enrolling: one INSERT. Reserving: INSERT of attempts, UPDATE of
    their leads. Settling: UPDATE of both. Each is a transaction.
    """
    with connection.cursor() as cursor, bare_tables(cursor):
        cursor.execute("SELECT id, lead_id FROM campaigns_attempt ORDER BY id LIMIT %s", [batch * turns])
        calls = cursor.fetchall()
        assert len(calls) == batch * turns, len(calls)
        began = time.perf_counter()
        cursor.execute("INSERT INTO bare_lead SELECT * FROM campaigns_lead")
        enrol_seconds = time.perf_counter() - began
        leads = cursor.rowcount
        reserving, settling = [], 0.0
        for turn in range(turns):
            attempt_ids, lead_ids = map(list, zip(*calls[turn * batch :][:batch], strict=True))
            began = time.perf_counter()
            with transaction.atomic():
                cursor.execute(
                    "INSERT INTO bare_attempt SELECT * FROM campaigns_attempt WHERE id = ANY(%s)", [attempt_ids]
                )
                cursor.execute("UPDATE bare_lead SET state = 'DIALING' WHERE id = ANY(%s)", [lead_ids])
            reserved = time.perf_counter()
            with transaction.atomic():
                cursor.execute(
                    "UPDATE bare_attempt SET state = 'ENDED', ended_at = now() WHERE id = ANY(%s)", [attempt_ids]
                )
                cursor.execute(
                    "UPDATE bare_lead SET state = 'COMPLETED', ended_at = now() WHERE id = ANY(%s)", [lead_ids]
                )
            settling += time.perf_counter() - reserved
            reserving.append(reserved - began)
    return {
        "leads": leads,
        "enrol_seconds": enrol_seconds,
        "reserve_ms": sorted(reserving)[len(reserving) // 2] * 1000,
        "settled_per_second": batch * turns / settling,
    }
