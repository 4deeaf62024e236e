"""A kept connection that takes no writes any more is given up, in a request as in a worker's thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, close_old_connections, connection
from rest_framework.test import APIClient

from dialer.api import health
from dialer.models import Installation, Switchboard
from dialer.sql import hot_cursor
from tests.api.conftest import API

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stale() -> Iterator[None]:
    """Make the kept connection one to a server that takes no writes: what it was set to ends with it."""
    Installation.objects.get_or_create(pk=1)
    connection.ensure_connection()
    connection.connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    health._wrote_at_seconds = float("-inf")
    yield
    connection.close()


def test_a_refused_write_is_an_absent_database_and_the_next_request_finds_another() -> None:
    with pytest.raises(OperationalError):
        Switchboard.objects.create(pk=1)
    close_old_connections()  # as Django does after each request, and workers before each task
    Switchboard.objects.create(pk=1)


def test_prepared_statements_of_the_hot_path_say_the_same() -> None:
    with pytest.raises(OperationalError), hot_cursor() as cursor:
        cursor.execute("UPDATE dialer_installation SET confirmed_by = 'nobody'")


def test_a_stale_connection_is_dropped_before_a_request_uses_it() -> None:
    reply = APIClient().get(f"{API}/ready/")  # the test client asks on the kept connection, as nothing has failed yet
    assert (reply.status_code, reply.json()["database"]) == (503, "unreachable")
    assert APIClient().get(f"{API}/ready/").status_code == 200


def test_being_ready_leaves_no_dead_rows() -> None:
    connection.close()
    for _ in range(3):
        health._wrote_at_seconds = float("-inf")
        assert health.database_answers()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT ctid), max(ctid) FROM dialer_installation")
        before = cursor.fetchone()
        health._wrote_at_seconds = float("-inf")
        assert health.database_answers()
        cursor.execute("SELECT count(DISTINCT ctid), max(ctid) FROM dialer_installation")
        assert cursor.fetchone() == before
