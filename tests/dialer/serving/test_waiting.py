"""Readers of the feed wait for what comes; no thread of the web server waits with them, and their number is bounded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import connections

from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from dialer import asgi
from tests.api import made
from tests.api.conftest import key_of

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 2
Front = Callable[[Any, Any, Any], Awaitable[None]]


class Reader:
    """Somebody who asks, and may leave."""

    def __init__(
        self,
        front: Front,
        key: str,
        path: str = "/api/v1/results/",
        query: str = "after=0&wait=30",
        **headers: str,
    ) -> None:
        self.status, self.body, self.headers = 0, b"", dict[str, str]()
        self._left = asyncio.Event()
        self._told = False
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"authorization", f"Bearer {key}".encode()),
                *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
            ],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 8000),
        }
        self.task = asyncio.ensure_future(front(scope, self._receive, self._send))

    def leave(self) -> None:
        self._left.set()

    async def _receive(self) -> dict[str, Any]:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {bytes(name).decode(): bytes(value).decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    async def answer(self) -> dict[str, Any]:
        """Return the reply's body; it has to come."""
        await asyncio.wait_for(self.task, 20)
        found: dict[str, Any] = orjson.loads(self.body)
        return found


@pytest.fixture
def key(settings: Any) -> Iterator[str]:
    settings.DIALER_MOST_WAITING = 20
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.DIALER_REQUESTS_PER_MINUTE = 0
    yield key_of(User.objects.create_superuser("root"))
    connections.close_all()


async def told(text: str, campaign_id: int) -> None:
    """Write a notice, as a worker does."""

    def write() -> None:
        notify(campaign_id=campaign_id, kind=NoticeKind.OPENED, text=text, now=made.NOON)
        connections.close_all()

    await asyncio.to_thread(write)


async def waiting(readers: list[Reader]) -> None:
    """Return once all of them have been asked for and none was answered: a page is answered after them by then."""
    for _ in range(3):
        await asyncio.sleep(0.2)
    assert not any(reader.task.done() for reader in readers)


def run(test: Callable[[Front], Awaitable[None]]) -> None:
    """Run a test against the front of a web process with few threads."""

    async def with_front() -> None:
        front: Any = asgi._front(web_threads=THREADS)
        try:
            await asyncio.wait_for(test(front), 60)
        finally:
            # Each thread has a connection of its own, which would keep the database from being dropped.
            together = threading.Barrier(THREADS)

            def close() -> None:
                together.wait(timeout=10)
                connections.close_all()

            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(front._web.executor, close) for _ in range(THREADS)))
            front._web.executor.shutdown(wait=True)
            front._pushes.executor.shutdown(wait=True)

    asyncio.run(with_front())


def test_many_wait_in_no_thread_and_all_are_told_at_once(key: str) -> None:
    of = made.campaign()

    async def test(front: Front) -> None:
        readers = [Reader(front, key) for _ in range(20)]
        await waiting(readers)
        # Ten times as many wait as there are threads, and others are answered.
        page = Reader(front, key, path="/api/v1/campaigns/", query="")
        assert len((await page.answer())["results"]) == 1
        await told("Opened.", of.pk)
        for reader in readers:
            found = await reader.answer()
            assert [one["notice"]["text"] for one in found["results"]] == ["Opened."]
            assert "dialer-wait" not in reader.headers

    run(test)


def test_one_too_many_is_told_to_come_again_and_one_who_left_makes_room(key: str) -> None:
    async def test(front: Front) -> None:
        readers = [Reader(front, key) for _ in range(20)]
        await waiting(readers)
        more = Reader(front, key)
        said = (await more.answer())["error"]
        assert (said["code"], said["fields"]) == ("unavailable", [])
        assert (more.status, more.headers["retry-after"]) == (503, "5")
        readers[0].leave()
        await asyncio.wait_for(readers[0].task, 5)
        assert readers[0].body == b""
        again = Reader(front, key)
        await waiting([again])
        for reader in (*readers, again):
            reader.leave()
        await asyncio.gather(*(reader.task for reader in (*readers, again)))

    run(test)


def test_a_reader_of_one_campaign_waits_through_what_is_of_others(key: str) -> None:
    of, other = made.campaign(), made.campaign()

    async def test(front: Front) -> None:
        reader = Reader(front, key, query=f"after=0&wait=30&campaign={of.pk}")
        await waiting([reader])
        await told("Of another.", other.pk)
        await waiting([reader])
        await told("Of this.", of.pk)
        found = await reader.answer()
        assert [one["notice"]["text"] for one in found["results"]] == ["Of this."]

    run(test)


def test_a_wait_ends_with_its_time_and_what_is_there_is_told_at_once(key: str) -> None:
    of = made.campaign()

    async def test(front: Front) -> None:
        assert (await Reader(front, key, query="after=0&wait=1").answer())["results"] == []
        assert (await Reader(front, "nobody's", query="wait=30").answer())["error"]["code"] == "authentication_failed"
        wrong = Reader(front, key, query="after=0&wait=61")
        await wrong.answer()
        assert wrong.status == 400
        await told("Opened.", of.pk)
        assert (await Reader(front, key).answer())["next_after"] > 0

    run(test)


def test_who_has_seen_the_empty_page_waits_for_another_one(key: str) -> None:
    """A client with a cache sends what it has seen by itself: answered at once, it would ask without a pause."""
    of = made.campaign()

    async def test(front: Front) -> None:
        empty = Reader(front, key, query="after=0&wait=1")
        await empty.answer()
        again = Reader(front, key, if_none_match=empty.headers["etag"])
        await waiting([again])
        await told("Opened.", of.pk)
        assert [one["notice"]["text"] for one in (await again.answer())["results"]] == ["Opened."]
        in_vain = Reader(front, key, query="after=1&wait=0")
        await in_vain.answer()
        seen = Reader(front, key, query="after=1&wait=1", if_none_match=in_vain.headers["etag"])
        await asyncio.wait_for(seen.task, 20)
        assert (seen.status, seen.body) == (304, b"")

    run(test)
