"""Whether a pooler stands before PostgreSQL that gives each transaction another session.

Dialer keeps things in sessions: statements that are prepared, time limits, and locks that are held from one
transaction to the next, so that two workers do not import one file or read one log. With PgBouncer's
``pool_mode=transaction`` those would be somebody else's, unless DATABASE_POOL_MODE says so: then nothing is left in a
session. A pooler that keeps a session for its client (``pool_mode=session``) changes nothing.
"""

from __future__ import annotations

from django.core.checks import CheckMessage, Error, Warning
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from dialer.checks.running import of_database
from dialer.database.lent import missing_defaults, sessions_are_lent

#: A pooler gives the session that was left last to who comes next, so one look mostly tells.
LOOKS = 5
SAID = (
    "Between Dialer and PostgreSQL stands a pooler that gives each transaction another session (PgBouncer with "
    "pool_mode=transaction): locks and time limits of one process would be another's."
)
CURE = (
    "Set DATABASE_POOL_MODE=transaction for every process and run manage.py migrate, or pool_mode=session in PgBouncer."
)


@of_database
def sessions_are_our_own() -> list[CheckMessage]:
    """Look whether two connections of ours were given one session."""
    return [Error(SAID, hint=CURE, id="dialer.E013")] if are_lent_unsaid(connection) else []


@of_database
def role_has_our_limits() -> list[CheckMessage]:
    """Look whether sessions that are lent have the limits that hold for all."""
    missing = missing_defaults() if sessions_are_lent() else {}
    if not missing:
        return []
    text = (
        f"With DATABASE_POOL_MODE=transaction, limits of sessions are defaults of the role in PostgreSQL, and it lacks "
        f"{', '.join(missing)}: a forgotten transaction or a lock could hold all others up."
    )
    return [Warning(text, hint="Run manage.py migrate, then RECONNECT in PgBouncer's console.", id="dialer.W014")]


def are_lent_unsaid(one: BaseDatabaseWrapper) -> bool:
    """Return whether sessions are given away between transactions, although DATABASE_POOL_MODE does not say so."""
    return not sessions_are_lent() and shares_sessions(one)


def shares_sessions(one: BaseDatabaseWrapper) -> bool:
    """Return whether the session of a connection is given away between its transactions; not while PostgreSQL is away.

    A worker that starts before PostgreSQL does must start all the same.
    """
    other = one.copy()
    try:
        return not _is_direct(one) and any(_is_shared(one, other) for _ in range(LOOKS))
    except OperationalError:
        return False
    finally:
        other.close()


def _is_direct(one: BaseDatabaseWrapper) -> bool:
    """Return whether the process that answered when we connected is the one that answers now: no pooler has one."""
    one.ensure_connection()
    return bool(one.connection.info.backend_pid == _backend(one))


def _is_shared(one: BaseDatabaseWrapper, other: BaseDatabaseWrapper) -> bool:
    mine = _backend(one)
    return _backend(other) == mine


def _backend(one: BaseDatabaseWrapper) -> int:
    with one.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
