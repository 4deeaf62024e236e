"""Tells others how far an import is, over a connection of its own: what the import writes is seen only at its end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from campaigns.models import ContactImport

EVERY_SECONDS = 0.5
# The disk would have to take all that the import has written before this little. How far it was is nothing to keep.
_WITHOUT_DISK = " AND set_config('synchronous_commit', 'off', true) = 'off'"


class Canceled(Exception):
    """Somebody has canceled the import."""


class Pace(NamedTuple):
    """How fast an import is, and about how long it will take; None: not known."""

    rows_per_second: float | None
    seconds_left: float | None


def pace(found: ContactImport, *, now: datetime) -> Pace:
    """Return the pace of an import that runs or has run."""
    if found.started_at is None:
        return Pace(None, None)
    seconds = max(((found.ended_at or now) - found.started_at).total_seconds(), 0.001)
    share = found.bytes_read / found.bytes_total if found.bytes_total else 0
    is_running = found.ended_at is None and 0 < share <= 1
    left = round(seconds * (1 - share) / share, 1) if is_running else None
    return Pace(round((found.rows_total or found.rows_read) / seconds, 1), left)


class Progress:
    """Writes the state and the rows read of one import, each at once and for itself."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._told_at_seconds = time.monotonic()
        self._connection: BaseDatabaseWrapper = connection.copy()
        #: Of the stored file, in this pass over it.
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def start(self, *, at: datetime) -> None:
        """Say that a worker has begun. Raises Canceled."""
        sets = "state = 'RUNNING', started_at = %s, rows_read = 0, bytes_read = 0, times_started = times_started + 1"
        self._write(sets, [at])

    def tell(self, rows_read: int) -> None:
        """Say how far it is, twice a second at most. Raises Canceled."""
        if time.monotonic() - self._told_at_seconds >= EVERY_SECONDS:
            self._told_at_seconds = time.monotonic()
            self._write("rows_read = %s, bytes_read = %s", [rows_read, self.bytes_read], _WITHOUT_DISK)

    def counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Give the pieces of the file from its start, and count their bytes."""
        self.bytes_read = 0
        for piece in pieces:
            self.bytes_read += len(piece)
            yield piece

    def _write(self, sets: str, values: list[Any], also: str = "") -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE campaigns_contactimport SET {sets} WHERE id = %s AND state IN ('QUEUED', 'RUNNING'){also}",  # noqa: S608
                [*values, self._import_id],
            )
            if cursor.rowcount:
                return
            cursor.execute("SELECT state FROM campaigns_contactimport WHERE id = %s", [self._import_id])
            if cursor.fetchone() == ("CANCELED",):
                raise Canceled
