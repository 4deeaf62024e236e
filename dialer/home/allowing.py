"""Whether anybody may be rung at all: the switchboard is on, and the database is at home. PostgreSQL decides.

Every request that rings has ``DIALING_ALLOWED`` in its own statement, so that not even a process that keeps running
while its database is replaced sends one. All of it is in PostgreSQL's memory: no file is read.
"""

from __future__ import annotations

from django.db import connection

#: About the row ``i`` of the installation. Another server, or the same one started anew, has to be compared first; a
#: dump brings the table back as another one; a copy by its side is another database; a gap lets the lease run out.
AT_HOME = """
    i.doubt_since IS NULL AND (
        i.seen_at IS NULL
        OR (i.server_started_at = pg_postmaster_start_time()
            AND i.good_until > clock_timestamp()
            AND i.table_oid = i.tableoid::bigint
            AND i.database_oid = (SELECT d.oid::bigint FROM pg_database d WHERE d.datname = current_database())))
"""
#: A condition for a WHERE, without parameters. No row is no home: a restore that is under way has none yet.
DIALING_ALLOWED = f"""
    EXISTS (SELECT 1 FROM dialer_installation i WHERE {AT_HOME})
    AND NOT EXISTS (SELECT 1 FROM dialer_switchboard WHERE NOT dialing_allowed)
"""  # noqa: S608


def is_dialing_allowed() -> bool:
    """Return whether anybody may be rung now."""
    return _is(f"SELECT {DIALING_ALLOWED}")


def is_at_home() -> bool:
    """Return whether the database is where it was confirmed to be, and seen lately."""
    return _is(f"SELECT EXISTS (SELECT 1 FROM dialer_installation i WHERE {AT_HOME})")  # noqa: S608


def is_in_doubt() -> bool:
    """Return whether a person has to confirm the home. In between, nothing is switched at a provider either."""
    return _is("SELECT EXISTS (SELECT 1 FROM dialer_installation WHERE doubt_since IS NOT NULL)")


def _is(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return bool(row and row[0])
