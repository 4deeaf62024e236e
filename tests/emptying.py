"""Empties the database after a test that commits: one statement, which leaves what migrating had put into it.

Django's way empties each table and has every app put its own back: rights, groups, profiles, jobs, a few hundred rows
by a few hundred statements, for hundreds of tests. Here they are copied once, and put back where a test changed them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from psycopg import sql

#: Where the copies are; no table of ours is looked for there.
COPIES = sql.Identifier("as_migrated")


def keep() -> None:
    """Copy what the tables hold now, and make the function that brings them back to it."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(COPIES))
        filled = [table for table in tables if _holds_rows(cursor, table)]
        for table in filled:
            copy = sql.SQL("CREATE TABLE {copies}.{table} AS TABLE {table}")
            cursor.execute(copy.format(copies=COPIES, table=sql.Identifier(table)))
        steps = sql.SQL("\n").join(_step(table, is_filled=table in filled) for table in sorted(tables))
        body = sql.SQL("BEGIN\n{}\nEND").format(steps).as_string()
        cursor.execute(_FUNCTION.format(copies=COPIES, body=sql.Literal(body)))


def emptied(style: object, database: object, **_: Any) -> list[str]:
    """Bring all tables back, in place of Django's look for statements that do. As there are none, it tells no app."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}.restore()").format(COPIES))
    return []


def _holds_rows(cursor: Any, table: str) -> bool:
    cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
    return bool(cursor.fetchone()[0])


#: No trigger and no reference is asked, for which our own servers have the right.
_FUNCTION = sql.SQL(
    "CREATE FUNCTION {copies}.restore() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS {body}"
)
#: Rows are compared as text: not every type can be compared.
_DIFFERS = """
IF (SELECT count(*) FROM {table}) <> (SELECT count(*) FROM {copies}.{table})
   OR EXISTS (SELECT r::text FROM {table} r EXCEPT SELECT r::text FROM {copies}.{table} r) THEN
    DELETE FROM {table};
    INSERT INTO {table} TABLE {copies}.{table};
END IF;"""
_EMPTY = "IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;"


def _step(table: str, *, is_filled: bool) -> sql.Composed:
    step = sql.SQL(_DIFFERS if is_filled else _EMPTY)
    return step.format(table=sql.Identifier(table), copies=COPIES)
