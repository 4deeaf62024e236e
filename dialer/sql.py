"""A cursor for the statements that run for every call: bound and prepared by the server, on Django's connection.

Django binds values into the text of a statement, so the server has to plan it each time; here it plans a few times
and then keeps the plan, where the session stays ours (DATABASE_POOL_MODE). The cursor belongs to Django's connection,
so ``transaction.atomic`` holds for it as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


def ran_out_of_time(error: Exception) -> bool:
    """Return whether PostgreSQL gave a statement up because it took longer than `statement_timeout`."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled) or isinstance(error, psycopg.errors.QueryCanceled)


@contextmanager
def hot_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """Give a cursor whose statements are prepared. Errors are Django's, which notes that a connection is lost."""
    connection.ensure_connection()
    backend: Any = connection
    # Without the wrapper Django believes in a connection that a restarted server has cut off, and never opens another.
    with connection.wrap_database_errors, backend.bound_cursor() as cursor:
        yield cursor
