"""Bodies on their way: whole or refused, within a deadline, and never more than a process can hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.serving.arriving import BodyBrokenOff, Held, HeldTooMuch, Message, Receive, within


def sender(pieces: Sequence[bytes | None], *, pause_seconds: float = 0.0) -> Receive:
    """Return the `receive` of a sender of these pieces; None: it leaves. After the last piece it says no more."""
    left = list(pieces)

    async def receive() -> Message:
        await asyncio.sleep(pause_seconds)
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return receive


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=8), st.integers(0, 30))
def test_a_body_is_whole_and_of_a_longer_one_enough_to_see_that_it_is(pieces: list[bytes], most: int) -> None:
    held = Held(most_bytes=1000)
    whole = b"".join(pieces)
    body = asyncio.run(held.read(sender(pieces), most_bytes=most, seconds=5))
    assert whole.startswith(body)
    assert body == whole if len(whole) <= most else len(body) > most


def test_a_body_that_drips_ends_with_its_time_however_it_drips() -> None:
    held = Held()
    for pieces, pause_seconds in (([b"a"] * 1000, 0.01), ([b"a", b""], 10.0)):
        with pytest.raises(TimeoutError):
            asyncio.run(held.read(sender(pieces, pause_seconds=pause_seconds), most_bytes=5000, seconds=0.05))


def test_a_sender_who_leaves_has_sent_no_body() -> None:
    with pytest.raises(BodyBrokenOff):
        asyncio.run(Held().read(sender([b"half", None, b""]), most_bytes=100, seconds=5))


def test_what_a_process_holds_is_limited_and_let_go_whatever_becomes_of_it() -> None:
    async def scene() -> None:
        held = Held(most_bytes=100)
        waiting = asyncio.create_task(
            held.read(sender([b"x" * 90, b"y"], pause_seconds=0.05), most_bytes=95, seconds=5)
        )
        await asyncio.sleep(0.07)
        with pytest.raises(HeldTooMuch):
            await held.read(sender([b"z" * 20]), most_bytes=50, seconds=5)
        assert await held.read(sender([b"z" * 10]), most_bytes=50, seconds=5) == b"z" * 10
        assert len(await waiting) == 91
        for pieces in ([b"x" * 90, None, b""], [b"x" * 101], [b"x" * 90, b"x" * 90]):
            with pytest.raises((BodyBrokenOff, HeldTooMuch)):
                await held.read(sender(pieces), most_bytes=99, seconds=5)
        assert await held.read(sender([b"z" * 100]), most_bytes=100, seconds=5) == b"z" * 100

    asyncio.run(scene())


def test_a_large_body_that_a_thread_reads_has_a_deadline_for_the_whole_and_breaks_off_as_one() -> None:
    async def scene(receive: Receive) -> int:
        limited, pieces = within(receive, seconds=0.05), 0
        while (await limited()).get("more_body"):
            pieces += 1
        return pieces

    assert asyncio.run(scene(sender([b"a"] * 5))) == 4
    for receive in (sender([b"a"] * 1000, pause_seconds=0.01), sender([b"a", None, b""])):
        with pytest.raises(BodyBrokenOff):
            asyncio.run(scene(receive))
