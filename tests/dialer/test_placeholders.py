"""Statements of the hot path reach PostgreSQL with the values that they were given, in whichever way they name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest

from dialer.database.placeholders import numbered
from dialer.sql import hot_cursor


@pytest.mark.parametrize(
    ("statement", "text", "names"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("SELECT %s, %s::int[]", "SELECT $1, $2::int[]", ()),
        ("SELECT %(b)s, %(a)s, %(b)s", "SELECT $1, $2, $1", ("b", "a")),
        ("SELECT 7 %% %s, 'x' LIKE '%%s'", "SELECT 7 % $1, 'x' LIKE '%s'", ()),
        ("SELECT '%%(a)s', %(a)s", "SELECT '%(a)s', $1", ("a",)),
        (", ".join(["%s"] * 12), ", ".join(f"${n}" for n in range(1, 13)), ()),
    ],
)
def test_each_value_has_a_number(statement: str, text: str, names: tuple[str, ...]) -> None:
    found = numbered(statement)
    assert (found.text, found.names) == (text, names)


@pytest.mark.parametrize("statement", ["SELECT %s, %(a)s", "SELECT 7 % %s", "SELECT '%'", "SELECT %d", "SELECT %(a)d"])
def test_what_can_be_read_in_two_ways_is_refused(statement: str) -> None:
    with pytest.raises(psycopg.ProgrammingError):
        numbered(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "values", "row"),
    [
        ("SELECT %s::int - %s::int, 7 %% 4, 'ab' LIKE 'a%%'", [5, 3], (2, 3, True)),
        ("SELECT %(a)s::int - %(b)s::int - %(a)s::int", {"b": 3, "a": 5, "more": 1}, (-3,)),
        ("SELECT 'ab' LIKE 'a%%'", [], (True,)),
        ("SELECT 'a%' LIKE 'a%%'", None, (True,)),
    ],
)
def test_a_statement_says_the_same_however_often_it_is_asked(
    statement: str, values: Sequence[Any] | Mapping[str, Any] | None, row: tuple[Any, ...]
) -> None:
    for _ in range(4):  # from the third time on it is prepared
        with hot_cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.fetchone() == row


@pytest.mark.django_db
def test_signs_of_a_statement_without_values_are_what_they_are() -> None:
    with hot_cursor() as cursor:
        cursor.execute("SELECT '%%'")
        assert cursor.fetchone() == ("%%",)
        cursor.execute("SELECT '%%'", [])
        assert cursor.fetchone() == ("%",)
