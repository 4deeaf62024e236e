"""The last look before a call leaves: it is asked late, once, and its no is kept."""

from __future__ import annotations

import asyncio
import select
import socket

import pytest

from dialer.http.client import NotSent
from dialer.http.connection import Connection, Origin
from tests.http.scripted_server import Session, answer_all, call_request, reply_bytes, serving
from tests.http.test_errors import open_client

pytestmark = pytest.mark.anyio


async def test_a_no_sends_nothing_and_the_connection_serves_the_next_request() -> None:
    async with serving(answer_all) as server, open_client(server.url, max_connections=1) as client:
        for may_send in (lambda: False, lambda: bool(0 / 0)):
            with pytest.raises(NotSent):
                await client.send(call_request("withheld"), may_send=may_send)
        assert server.received() == b""
        assert (await client.send(call_request("next"), may_send=lambda: True)).status == 200
        with pytest.raises(NotSent, match=r"^Withheld"):
            await client.send(call_request("withheld"), may_send=lambda: False)
        assert (await client.send(call_request("last"))).status == 200
        assert server.requests() == [b'{"mark":"next"}', b'{"mark":"last"}']
        assert len(server.sessions) == 1


async def test_it_is_asked_after_waiting_for_a_connection_not_before() -> None:
    release = asyncio.Event()

    async def answer_on_release(session: Session) -> None:
        while True:
            body = await session.next_request()
            await release.wait()
            session.write(reply_bytes(body))

    paused = False
    async with (
        serving(answer_on_release) as server,
        open_client(server.url, max_connections=1, connect_seconds=5, read_seconds=5) as client,
    ):
        first = asyncio.ensure_future(client.send(call_request("first"), may_send=lambda: not paused))
        waiting = asyncio.ensure_future(client.send(call_request("waiting"), may_send=lambda: not paused))
        await server.whole(1)
        paused = True
        release.set()
        assert (await first).status == 200
        with pytest.raises(NotSent, match=r"^Withheld"):
            await waiting
        assert server.requests() == [b'{"mark":"first"}']


async def test_it_is_asked_once_and_never_for_a_connection_that_fails() -> None:
    asked: list[bool] = []

    def may_send() -> bool:
        asked.append(True)
        return True

    async with serving(answer_all) as server, open_client(server.url) as client:
        await client.send(call_request(), may_send=may_send)
        port = server.port
    assert asked == [True]
    async with open_client(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(NotSent, match=r"^ConnectError"):
            await client.send(call_request(), may_send=may_send)
    assert asked == [True]


async def test_what_it_lets_go_is_at_the_kernel_before_anything_else_of_the_process_has_its_turn() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connection = Connection(origin=Origin(False, "127.0.0.1", port), on_lost=lambda _: None)
        await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)
        peer, _ = server.accept()
        with peer:
            for _ in range(3):
                answer = connection.send(b"x" * 2000, has_reply_body=True, limit_bytes=1000, timeout_seconds=5)
                # The loop stands still: what waited for its next turn, a frozen process would send when it wakes.
                assert select.select([peer], [], [], 5)[0]
                assert peer.recv(4000) == b"x" * 2000
                peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await answer
        connection.close()
