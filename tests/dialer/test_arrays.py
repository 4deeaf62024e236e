"""Lists arrive in PostgreSQL as they were, whatever their items hold, and are one statement whatever their size."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import DataError, transaction
from hypothesis import given
from hypothesis import strategies as st

from dialer.sql import hot_cursor

pytestmark = pytest.mark.django_db

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
FIRST, LAST = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 (the strategy wants naive ones)
instants = st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC))
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "bigint[]": st.integers(-(2**63), 2**63 - 1),
    "float8[]": st.floats(allow_nan=False),
    "uuid[]": st.uuids(),
    "timestamptz[]": instants,
    "bool[]": st.booleans(),
    "text[]": texts,
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_list_arrives_as_it_was(kind: str, data: st.DataObject) -> None:
    items = data.draw(st.lists(st.none() | KINDS[kind], max_size=30) | st.lists(KINDS[kind], max_size=30))
    with hot_cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}", [items])
        (found,) = cursor.fetchone() or (None,)
    assert found == items


def test_what_is_no_plain_list_is_left_to_the_library() -> None:
    with hot_cursor() as cursor:
        cursor.execute("SELECT %s::int[][], %s::bytea[]", [[[1, 2], [3, 4]], [b"\x00\xff", None]])
        assert cursor.fetchone() == ([[1, 2], [3, 4]], [b"\x00\xff", None])


def test_a_text_that_cannot_be_stored_is_refused_before_it_is_sent() -> None:
    with pytest.raises(DataError), transaction.atomic(), hot_cursor() as cursor:
        cursor.execute("SELECT %s::text[]", [["a\0b"]])


def test_larger_numbers_are_no_other_statement() -> None:
    with hot_cursor() as cursor:
        for largest in (1, 2**20, 2**40):
            for _ in range(4):
                cursor.execute("SELECT count(*) FROM dialer_did WHERE id = ANY(%s)", [[1, largest]])
        connection: psycopg.Connection[Any] = cursor.connection
        (prepared,) = connection.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT count(*) FROM dialer_did%'"
        ).fetchone() or (None,)
    assert prepared == 1


def test_ids_of_rows_are_found_by_either() -> None:
    one = uuid.uuid4()
    with hot_cursor() as cursor:
        cursor.execute("SELECT %s = ANY(%s)", [one, [one, uuid.uuid4()]])
        assert cursor.fetchone() == (True,)
