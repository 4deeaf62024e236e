"""A reply is the same in whatever pieces it comes."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.http.reply import Reply, ReplyReader
from tests.fuzz.scale import times
from tests.http.scripted_server import Session, call_request, reply_bytes, serving
from tests.http.test_errors import open_client

BODY = b'{"id":"CA1","status":"queued"}'
CHUNKED = (
    b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
    b"5\r\n" + BODY[:5] + b"\r\n" + b"%x;note=1\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\nX-Trailer: no\r\n\r\n"
)
REPLIES = {
    "length": (b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\nX-A: 1\r\n\r\n" % len(BODY) + BODY, True),
    "chunked": (CHUNKED, True),
    "interim first": (b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + CHUNKED, True),
    "until the end": (b"HTTP/1.1 202 Accepted\r\nX-A: 1\r\n\r\n" + BODY, False),
    "closing": (b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 30\r\nX-A: 1\r\n\r\n" + BODY, False),
}


@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=times(60))
@given(data=st.data())
def test_a_reply_is_read_the_same_however_it_is_cut(kind: str, data: st.DataObject) -> None:
    raw, keep_alive = REPLIES[kind]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=12)))
    reader = ReplyReader(limit_bytes=10_000)
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        assert reader.reply is None, "complete before its last byte"
        reader.feed(raw[start:end])
    if kind == "until the end":
        assert reader.reply is None
        reader.finish()
    reply = reader.reply
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (202, BODY)
    assert (b"X-A", b"1") in reply.headers
    assert not {name for name, _ in reply.headers} & {b"X-Interim", b"X-Trailer"}
    assert reader.keep_alive is keep_alive


@settings(max_examples=times(60))
@given(data=st.data(), kind=st.sampled_from(["length", "chunked", "interim first", "closing"]))
def test_a_reply_cut_anywhere_is_never_taken_for_a_whole_one(data: st.DataObject, kind: str) -> None:
    raw, _ = REPLIES[kind]
    reader = ReplyReader(limit_bytes=10_000)
    reader.feed(raw[: data.draw(st.integers(1, len(raw) - 1))])
    with pytest.raises(httpx.RemoteProtocolError):
        reader.finish()


@settings(max_examples=times(100))
@given(noise=st.binary(min_size=1, max_size=200))
def test_noise_is_an_error_or_incomplete_and_nothing_else(noise: bytes) -> None:
    reader = ReplyReader(limit_bytes=150)

    def read() -> None:
        reader.feed(noise)
        reader.finish()

    with pytest.raises(httpx.RemoteProtocolError):
        read()


@pytest.mark.anyio
@pytest.mark.parametrize("kind", REPLIES)
async def test_a_reply_sent_byte_by_byte_arrives_whole(kind: str) -> None:
    raw, keep_alive = REPLIES[kind]

    async def answer_in_bytes(session: Session) -> None:
        await session.next_request()
        for position in range(len(raw)):
            session.write(raw[position : position + 1])
            await asyncio.sleep(0)
        if not keep_alive:
            session.transport.close()

    async with serving(answer_in_bytes) as server, open_client(server.url, read_seconds=5) as client:
        reply = await client.send(call_request())
        assert (reply.status, reply.body, reply.headers["x-a"]) == (202, BODY, "1")


@pytest.mark.anyio
async def test_a_reply_of_one_megabyte_is_taken() -> None:
    body = b"x" * 1024 * 1024

    async def answer_much(session: Session) -> None:
        await session.next_request()
        session.write(reply_bytes(body))

    async with serving(answer_much) as server, open_client(server.url, read_seconds=5) as client:
        assert (await client.send(call_request())).body == body


@pytest.mark.anyio
@pytest.mark.parametrize("status", ["204 No Content", "503 Service Unavailable", "429 Too Many"])
async def test_any_status_is_a_reply_and_no_error(status: str) -> None:
    async def answer(session: Session) -> None:
        await session.next_request()
        session.write(
            f"HTTP/1.1 {status}\r\n{'' if '204' in status else 'content-length: 0' + chr(13) + chr(10)}\r\n".encode()
        )

    async with serving(answer) as server, open_client(server.url, read_seconds=5) as client:
        reply = await client.send(call_request())
        assert (reply.status, reply.body) == (int(status[:3]), b"")


@pytest.mark.anyio
async def test_a_reply_packed_unasked_is_handed_over_as_it_came() -> None:
    async def answer(session: Session) -> None:
        await session.next_request()
        session.write(reply_bytes(b"not gzip", headers="content-encoding: gzip\r\n"))

    async with serving(answer) as server, open_client(server.url, read_seconds=5) as client:
        assert (await client.send(call_request())).body == b"not gzip"
        assert b"accept-encoding: identity\r\n" in server.received().lower()
