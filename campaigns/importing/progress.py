"""Tells others how far an import is, over a connection of its own: what the import writes is seen only at its end."""

from __future__ import annotations

import time
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

EVERY_SECONDS = 0.5


class Progress:
    """Writes the state and the rows read of one import, each at once and for itself."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._told_at_seconds = time.monotonic()
        self._connection: BaseDatabaseWrapper = connection.copy()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def start(self, *, at: datetime) -> None:
        """Say that a worker has begun."""
        sets = "state = 'RUNNING', started_at = %s, rows_read = 0, times_started = times_started + 1"
        self._write(sets, [at])

    def tell(self, rows_read: int) -> None:
        """Say how many rows were read, twice a second at most."""
        if time.monotonic() - self._told_at_seconds >= EVERY_SECONDS:
            self._told_at_seconds = time.monotonic()
            self._write("rows_read = %s", [rows_read])

    def _write(self, sets: str, values: list[Any]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE campaigns_contactimport SET {sets} WHERE id = %s AND state IN ('QUEUED', 'RUNNING')",  # noqa: S608
                [*values, self._import_id],
            )
