"""Connections that are used again, or must not be: a reuse can carry a call into nowhere, or a stranger's reply."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dialer.http.client import ProviderClient, Unanswered
from dialer.http.transport import CallTransport
from dialer.providers.base import ProviderReply, ProviderRequest
from tests.http.scripted_server import Session, answer_all, call_request, reply_bytes, serving
from tests.http.test_errors import open_client

pytestmark = pytest.mark.anyio


async def _accept(listener: socket.socket) -> socket.socket:
    session, _ = await asyncio.get_running_loop().sock_accept(listener)
    return session


async def _read_all(session: socket.socket, into: bytearray) -> None:
    while data := await asyncio.get_running_loop().sock_recv(session, 65536):
        into += data


async def _answer(session: socket.socket, reply: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    received = await loop.sock_recv(session, 65536)
    await loop.sock_sendall(session, reply)
    return received


async def test_requests_one_after_another_share_a_connection() -> None:
    async with serving(answer_all) as server, open_client(server.url) as client:
        for mark in "abc":
            assert (await client.send(call_request(mark))).body == f'{{"mark":"{mark}"}}'.encode()
        assert len(server.sessions) == 1


async def test_many_at_once_each_get_their_own_reply_and_are_sent_exactly_once() -> None:
    marks = [str(number) for number in range(300)]
    async with serving(answer_all) as server:
        async with open_client(server.url, max_connections=40, connect_seconds=5, read_seconds=5) as client:
            replies = await asyncio.gather(*(client.send(call_request(mark)) for mark in marks))
        assert [reply.body for reply in replies] == [f'{{"mark":"{mark}"}}'.encode() for mark in marks]
        assert sorted(server.requests()) == sorted(reply.body for reply in replies)
        assert len(server.sessions) <= 40


@pytest.mark.parametrize("unread", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison"], ids=["end", "bytes"])
async def test_an_idle_connection_with_an_end_or_bytes_unread_is_left_for_a_new_one(unread: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with open_client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            sending = asyncio.ensure_future(client.send(call_request()))
            with await _accept(listener) as first:
                await _answer(first, reply_bytes())
                await sending
                # In the kernel's hands, and the client's loop has had no turn to notice.
                first.send(unread) if unread else first.shutdown(socket.SHUT_WR)
                sending = asyncio.ensure_future(client.send(call_request()))
                with await _accept(listener) as second:
                    await _answer(second, reply_bytes(b"mine"))
                    assert (await sending).body == b"mine"


async def test_a_connection_closed_by_the_server_between_requests_is_replaced() -> None:
    async def answer_one(session: Session) -> None:
        session.write(reply_bytes(await session.next_request()))
        session.transport.close()

    async with serving(answer_one) as server, open_client(server.url) as client:
        for mark in "abc":
            await client.send(call_request(mark))
            await server.sessions[-1].end()
        assert len(server.sessions) == 3
        assert len(server.requests()) == 3


async def test_a_server_that_closes_exactly_on_reuse_leaves_the_request_unanswered_and_it_is_not_repeated() -> None:
    async def answer_one_then_drop(session: Session) -> None:
        session.write(reply_bytes(await session.next_request()))
        await session.whole(2)
        session.transport.abort()

    async with serving(answer_one_then_drop) as server, open_client(server.url) as client:
        await client.send(call_request("first"))
        with pytest.raises(Unanswered):
            await client.send(call_request("second"))
        assert server.requests() == [b'{"mark":"first"}', b'{"mark":"second"}']
        assert len(server.sessions) == 1


@pytest.mark.parametrize(
    "reply",
    [
        reply_bytes() + reply_bytes(b"poison"),
        reply_bytes() + b"garbage",
        reply_bytes(headers="connection: close\r\n"),
        reply_bytes(headers="keep-alive: timeout=1\r\n"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    ],
    ids=["second reply", "garbage after it", "connection: close", "closes in a second", "HTTP/1.0"],
)
async def test_a_connection_that_is_unfit_after_a_reply_is_not_used_again(reply: bytes) -> None:
    async def answer(session: Session) -> None:
        await session.next_request()
        session.write(reply)
        await session.end()

    async with serving(answer) as server, open_client(server.url) as client:
        assert (await client.send(call_request())).body == b"{}"
        await server.sessions[0].end()
        assert (await client.send(call_request())).body == b"{}"
        assert len(server.sessions) == 2


async def test_an_idle_connection_is_closed_when_it_expires() -> None:
    transport = CallTransport(keepalive_seconds=0.05)
    async with serving(answer_all) as server:
        client = ProviderClient(base_url=server.url, transport=transport)
        await asyncio.gather(*(client.send(call_request()) for _ in range(3)))
        for session in server.sessions:
            await session.end()
        await client.send(call_request())
        assert len(server.sessions) == 4
        await client.aclose()


async def test_a_late_reply_reaches_nobody() -> None:
    async def answer_late(session: Session) -> None:
        body = await session.next_request()
        if b"slow" in body:
            await session.end()
        session.write(reply_bytes(body))

    async with serving(answer_late) as server, open_client(server.url, read_seconds=0.1) as client:
        with pytest.raises(Unanswered, match=r"^ReadTimeout"):
            await client.send(call_request("slow"))
        assert (await client.send(call_request("quick"))).body == b'{"mark":"quick"}'
        assert len(server.sessions) == 2


async def test_a_cancelled_request_closes_its_connection_and_frees_its_place() -> None:
    async def answer_second_only(session: Session) -> None:
        body = await session.next_request()
        if b"second" in body:
            session.write(reply_bytes(body))

    async with serving(answer_second_only) as server, open_client(server.url, max_connections=1) as client:
        sending = asyncio.ensure_future(client.send(call_request("first")))
        await server.whole(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert (await client.send(call_request("second"))).body == b'{"mark":"second"}'
        await server.sessions[0].end()
        assert [session.whole_requests() for session in server.sessions] == [
            [b'{"mark":"first"}'],
            [b'{"mark":"second"}'],
        ]


async def test_cancelling_at_any_step_loses_no_connection() -> None:
    async with serving(answer_all) as server:
        async with open_client(server.url, max_connections=2, connect_seconds=5, read_seconds=5) as client:
            for steps in range(40):
                tasks = [asyncio.ensure_future(client.send(call_request("cancelled"))) for _ in range(5)]
                for _ in range(steps % 20):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                outcomes: list[ProviderReply | BaseException] = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(one, ProviderReply | asyncio.CancelledError) for one in outcomes)
            replies = await asyncio.gather(*(client.send(call_request("after")) for _ in range(5)))
        assert [reply.body for reply in replies] == [b'{"mark":"after"}'] * 5
        assert len(server.requests()) <= 40 * 5 + 5


async def test_redirects_are_not_followed_and_cookies_not_kept_and_proxies_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async def redirect(session: Session) -> None:
        while True:
            await session.next_request()
            session.write(
                reply_bytes(status="307 Again", headers="location: /elsewhere\r\nset-cookie: a=1; Path=/\r\n")
            )

    async with serving(redirect) as server, open_client(server.url) as client:
        for _ in range(2):
            assert (await client.send(call_request())).status == 307
        assert len(server.requests()) == 2
        assert b"cookie" not in server.received().lower()
        assert b"elsewhere" not in server.received()


async def test_the_request_goes_out_as_it_was_built() -> None:
    async with serving(answer_all) as server, open_client(server.url + "/prefix/") as client:
        request = ProviderRequest(
            method="GET", path="/v1/calls", query={"from": "+91 22"}, headers={"User-Agent": "mine", "X-Key": "k"}
        )
        reply = await client.send(request)
        head = bytes(server.received()).decode()
        assert head.startswith("GET /prefix/v1/calls?from=%2B91+22 HTTP/1.1\r\n")
        assert head.lower().count("user-agent:") == 1
        assert "x-key: k\r\n" in head.lower()
        assert f"host: 127.0.0.1:{server.port}\r\n" in head.lower()
        assert reply.headers["content-length"] == "0"


async def test_what_the_peer_has_not_taken_when_we_give_up_never_reaches_it() -> None:
    """A network that is away holds a request in our kernel: it may not bring it later, when nobody expects it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the peer's machine takes no more than that
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        async with open_client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            sending = asyncio.ensure_future(client.send(call_request("x" * 100_000)))
            with await _accept(listener) as session:
                with pytest.raises(Unanswered):
                    await sending
                taken = bytearray()
                with pytest.raises(ConnectionResetError):
                    await _read_all(session, taken)
                assert 0 < len(taken) < 100_000
