"""Connections that are given up when their server takes no writes any more, as after a fail-over.

A server that has become a standby, or was set read-only, still answers every question: a kept connection to it looks
healthy, and each write fails for ever. Here such a connection is closed, so that the next use finds the server that
the address leads to now. Django finds this class by the module's name (``ENGINE``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQLWrapper
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property

from dialer.database.kept_cursors import HotCursor, KeptCursors
from dialer.database.lent import LimitedCursor, sessions_are_lent
from dialer.processes import is_server, this_process


class Errors(DatabaseErrorWrapper):
    """Raises the refusal of a write (SQLSTATE 25006) as what it is for us: the database is away, try again."""

    wrapper: BaseDatabaseWrapper

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave a block that speaks with the database."""
        if isinstance(exc_value, psycopg.errors.ReadOnlySqlTransaction):
            self.wrapper.errors_occurred = True
            raise OperationalError(*exc_value.args).with_traceback(traceback) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(PostgreSQLWrapper):
    """A connection of Django's, usable only while it can write; nothing is left in a session that is lent."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._kept: KeptCursors | None = None
        #: How long one statement may take where sessions are lent; None: as long as it takes.
        self.statement_seconds: int | None = None
        if sessions_are_lent():
            self.statement_seconds = settings.DIALER_WEB_STATEMENT_SECONDS if is_server() else None
            self.execute_wrappers.append(self._limited)

    @cached_property
    def wrap_database_errors(self) -> DatabaseErrorWrapper:
        """Translate psycopg's errors."""
        return Errors(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Return how to connect; PostgreSQL is told which process this is, as a forked one knows only now."""
        found: dict[str, Any] = {**super().get_connection_params(), "application_name": this_process()}
        return found

    def init_connection_state(self) -> None:
        """Set what holds for a session of ours (DIALER_SESSION), before anything is asked."""
        super().init_connection_state()
        session = dict(settings.DIALER_SESSION)
        if is_server() and not sessions_are_lent():
            session["statement_timeout"] = f"{settings.DIALER_WEB_STATEMENT_SECONDS}s"
        wanted = [part for pair in session.items() for part in pair]
        calls = ", ".join(["set_config(%s, %s, false)"] * len(session))
        self.connection.execute(f"SELECT {calls}", wanted)
        if not self.get_autocommit():
            self.connection.commit()

    def bound_cursor(self) -> HotCursor | LimitedCursor:
        """Return a cursor whose values the server binds; its statements are prepared where the session stays ours."""
        self.ensure_connection()
        raw: psycopg.Connection[Any] = self.connection
        if self.statement_seconds is not None:
            return LimitedCursor(raw)
        if raw.prepare_threshold is None and not sessions_are_lent():
            raw.prepare_threshold = 2
        if self._kept is None or self._kept.connection is not raw:
            self._kept = KeptCursors(raw)
        return HotCursor(self._kept)

    def chunked_cursor(self) -> Any:
        """Return a cursor that reads in pieces: the server's, unless its session is lent and would be gone with it."""
        return self.cursor() if sessions_are_lent() and not self.in_atomic_block else super().chunked_cursor()

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs do not know it
        if autocommit or self.statement_seconds is None:
            return
        try:
            with self.wrap_database_errors:
                self.connection.execute(self._limit())
        except Exception:
            self.close()  # it has begun nothing, and nobody would roll it back
            raise

    def _limited(self, execute: Any, statement: Any, values: Any, many: bool, context: Mapping[str, Any]) -> Any:
        """Set the limit in front of a statement that is a transaction by itself: sent with it, it is one with it."""
        is_alone = not (many or self.in_atomic_block) and self.get_autocommit()
        if self.statement_seconds is None or not is_alone or not isinstance(statement, str):
            return execute(statement, values, many, context)
        found = execute(f"{self._limit()}; {statement}", values, many, context)
        context["cursor"].nextset()
        return found

    def _limit(self) -> str:
        return f"SET LOCAL statement_timeout = '{self.statement_seconds}s'"

    def is_usable(self) -> bool:
        """Return whether the server answers and takes writes; asked before a request and after an error."""
        if self.connection is None:
            return False
        try:
            row = self.connection.execute("SELECT current_setting('transaction_read_only') = 'off'").fetchone()
        except psycopg.Error:
            return False
        return bool(row and row[0])
