"""What a crash between doing and keeping the answer leaves: no second doing, and no loss that nobody is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from campaigns.models import ContactList
from dialer.models import KeptAnswer
from dialer.once import Asked, BrokeOff, OtherRequest, UnderWay, once

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = Asked(user_id=7, face="REST", key="k", request_hash="h", now=datetime(2026, 3, 2, 12, tzinfo=UTC))


def make() -> int:
    return ContactList.objects.create(name=uuid.uuid4().hex).pk


def keep(pk: int) -> dict[str, Any]:
    return {"pk": pk}


def lose_the_database(_: int) -> dict[str, Any]:
    """Die as a process dies: the connection ends, with all that is not committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    raise AssertionError("never reached")


def ask(*, to_keep: Callable[[int], Any] = keep, is_whole: bool, **changed: Any) -> int:
    return once(
        replace(ASKED, **changed),
        act=make,
        to_keep=to_keep,
        again=lambda kept: int(kept["pk"]),
        in_one_transaction=is_whole,
    )


def crash(*, is_whole: bool) -> None:
    with pytest.raises(DatabaseError):
        ask(to_keep=lose_the_database, is_whole=is_whole)
    connection.close()


def test_what_writes_here_only_is_undone_by_a_crash_and_done_when_asked_again() -> None:
    crash(is_whole=True)
    assert not ContactList.objects.exists()
    made = ask(is_whole=True)
    assert ask(is_whole=True) == made
    assert ContactList.objects.count() == 1


def test_what_asked_somebody_is_not_done_again_after_a_crash_and_that_is_said() -> None:
    crash(is_whole=False)
    assert ContactList.objects.count() == 1
    for _ in range(2):
        with pytest.raises(BrokeOff, match="may have been done"):
            ask(is_whole=False)
    assert ContactList.objects.count() == 1


def test_an_error_that_says_that_nothing_was_done_leaves_the_key_free_and_any_other_does_not() -> None:
    def fail(error: Exception) -> None:
        def act() -> int:
            raise error

        once(ASKED, act=act, to_keep=keep, again=lambda kept: 0, in_one_transaction=False, undone_by=(LookupError,))

    with pytest.raises(LookupError):
        fail(LookupError())
    assert not KeptAnswer.objects.exists()
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
    with pytest.raises(BrokeOff):
        ask(is_whole=False)


@pytest.mark.parametrize("is_whole", [True, False])
def test_who_waits_too_long_for_the_first_is_told_so(is_whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.once.WAIT_SECONDS", 1)
    begun, may_end = Event(), Event()

    def slowly(pk: int) -> dict[str, Any]:
        begun.set()
        may_end.wait(20)
        return {"pk": pk}

    def first() -> None:
        ask(to_keep=slowly, is_whole=is_whole)
        connections.close_all()

    thread = Thread(target=first)
    thread.start()
    assert begun.wait(20)
    try:
        with pytest.raises(UnderWay, match="still under way"):
            ask(is_whole=is_whole)
        assert ask(is_whole=is_whole, key="another") > 0, "other keys wait for nobody"
    finally:
        may_end.set()
        thread.join()
    assert ask(is_whole=is_whole) in set(ContactList.objects.values_list("pk", flat=True))
    assert ContactList.objects.count() == 2


def test_another_request_under_the_key_is_told_of_the_first() -> None:
    made = ask(is_whole=True)
    with pytest.raises(OtherRequest) as refused:
        ask(is_whole=True, request_hash="other")
    assert refused.value.answer == {"pk": made}
