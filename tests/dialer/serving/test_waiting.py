"""Readers of the feed wait for what comes; no thread of the web server waits with them, and their number is bounded."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connections

from campaigns.models import NoticeKind
from campaigns.results.notices import notify
from tests.api import made
from tests.dialer.serving.readers import Front, Reader, key, run

__all__ = ["key"]
pytestmark = pytest.mark.django_db(transaction=True)


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
