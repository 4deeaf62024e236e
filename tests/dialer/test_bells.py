"""Bells between processes: each is answered once, by one who listens, and none piles up."""

from __future__ import annotations

import queue
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings

from dialer import bells
from dialer.bells import Listener, Ringing
from dialer.redis_address import redis_address

Listen = Callable[[], "queue.Queue[str]"]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Keep the bells of each test to itself."""
    found = f"bells {uuid.uuid4()}"
    monkeypatch.setattr(bells, "KEY", found)
    return found


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Return what begins to listen, and gives the bells that this one hears."""
    with ExitStack() as ending:

        def begin() -> queue.Queue[str]:
            heard: queue.Queue[str] = queue.Queue()
            listener = Listener(answer=heard.put)
            listener.start()
            ending.callback(listener.stop)
            return heard

        yield begin


def waiting(key: str) -> list[bytes]:
    """Return the bells that nobody has taken yet."""
    with redis_address(settings.REDIS_URL).client() as client:
        return list(client.zrange(key, 0, -1))


def test_what_is_rung_often_before_somebody_listens_is_one_bell_and_waits(key: str, listen: Listen) -> None:
    ringing = Ringing()
    ringing.ring(["inbox"])
    for _ in range(50):
        ringing.ring(["inbox", "account:7"])
    assert waiting(key) == [b"inbox", b"account:7"], "the one that waits longest first"
    heard = listen()
    assert [heard.get(timeout=10), heard.get(timeout=10)] == ["inbox", "account:7"]
    ringing.ring(["the last"])
    assert heard.get(timeout=10) == "the last", "and none of them a second time"


def test_each_bell_is_taken_by_one_of_those_who_listen(key: str, listen: Listen) -> None:
    one, other = listen(), listen()
    names = [f"account:{number}" for number in range(40)]
    ringing = Ringing()
    for name in names:
        ringing.ring([name])
    heard: list[str] = []
    while len(heard) < len(names):
        for each in (one, other):
            while not each.empty():
                heard.append(each.get())
    assert sorted(heard) == sorted(names)
    assert waiting(key) == []


def test_who_stops_leaves_bells_to_others(key: str) -> None:
    heard: queue.Queue[str] = queue.Queue()
    stopping = Listener(answer=heard.put)
    stopping.start()
    Ringing().ring(["first"])
    assert heard.get(timeout=10) == "first"
    stopping.stop()
    Ringing().ring(["second"])
    others: queue.Queue[str] = queue.Queue()
    other = Listener(answer=others.put)
    other.start()
    assert others.get(timeout=10) == "second"
    other.stop()
    assert heard.empty()


def test_bells_are_heard_again_after_redis_has_cut_everybody_off(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells, "AGAIN_SECONDS", 0.01)
    heard = listen()
    ringing = Ringing()
    ringing.ring(["before"])
    assert heard.get(timeout=10) == "before"
    with redis_address(settings.REDIS_URL).client() as client:
        for each in client.client_list():
            if each["cmd"] in {"bzpopmin", "zadd"}:
                client.client_kill_filter(_id=each["id"])
    ringing.ring(["after"])
    assert heard.get(timeout=10) == "after"


def test_a_bell_that_fails_spoils_no_other(listen: Listen) -> None:
    heard: queue.Queue[str] = queue.Queue()

    def answer(name: str) -> None:
        if name == "bad":
            raise ValueError(name)
        heard.put(name)

    listener = Listener(answer=answer)
    listener.start()
    Ringing().ring(["bad"])
    Ringing().ring(["good"])
    assert heard.get(timeout=10) == "good"
    listener.stop()
