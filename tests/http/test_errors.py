"""What a failure means, judged by the bytes that the server got: the difference between one ring and two."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dialer.http.client import NotSent, ProviderClient, Unanswered
from dialer.http.transport import CallTransport
from dialer.providers.base import ProviderReply, ProviderRequest
from tests.http.scripted_server import DEADLINE_SECONDS, Script, Session, answer_all, call_request, reply_bytes, serving

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def open_client(
    url: str, *, max_connections: int = 10, connect_seconds: float = 5.0, read_seconds: float = 0.3
) -> AsyncIterator[ProviderClient]:
    """A client that waits briefly for replies, whose idle connections outlast a test, for a block that must end."""
    client = ProviderClient(
        base_url=url,
        connect_timeout_seconds=connect_seconds,
        read_timeout_seconds=read_seconds,
        transport=CallTransport(max_connections=max_connections, keepalive_seconds=600),
    )
    try:
        async with asyncio.timeout(2 * DEADLINE_SECONDS):
            yield client
    finally:
        await client.aclose()


async def drop_at_once(session: Session) -> None:
    session.transport.abort()


async def drop_at_the_first_byte(session: Session) -> None:
    await session.first_byte()
    session.transport.abort()


async def drop_after_reading(session: Session) -> None:
    await session.next_request()
    session.transport.abort()


async def close_after_reading(session: Session) -> None:
    await session.next_request()
    session.transport.close()


async def never_answer(session: Session) -> None:
    await session.end()


async def answer_half_the_head(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 200 OK\r\ncontent-le")
    session.transport.close()


async def answer_half_the_body(session: Session) -> None:
    await session.next_request()
    session.write(reply_bytes(b'{"id":"1"}')[:-3])
    session.transport.close()


async def answer_half_a_chunked_body(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}{}")
    session.transport.close()


async def answer_half_and_stay(session: Session) -> None:
    await session.next_request()
    session.write(reply_bytes(b'{"id":"1"}')[:-3])
    await session.end()


async def answer_garbage(session: Session) -> None:
    await session.next_request()
    session.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await session.end()


async def answer_two_lengths(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ")
    await session.end()


async def switch_protocols(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
    await session.end()


async def answer_too_much(session: Session) -> None:
    await session.next_request()
    session.write(reply_bytes(b"x" * 3_000_000))
    await session.end()


async def answer_without_end(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not session.ended:
        session.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await asyncio.sleep(0)


async def drip(session: Session) -> None:
    await session.next_request()
    session.write(b"HTTP/1.1 200 OK\r\n")
    while not session.ended:
        session.write(b"x-drip: 1\r\n")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (drop_at_the_first_byte, "Read"),
        (drop_after_reading, "Read"),
        (close_after_reading, "RemoteProtocolError: connection closed before any reply"),
        (never_answer, "ReadTimeout"),
        (answer_half_the_head, "RemoteProtocolError: connection closed within the reply"),
        (answer_half_the_body, "RemoteProtocolError: connection closed within the reply"),
        (answer_half_a_chunked_body, "RemoteProtocolError: connection closed within the reply"),
        (answer_half_and_stay, "ReadTimeout"),
        (answer_garbage, "RemoteProtocolError: reply is not valid HTTP/1.1"),
        (answer_two_lengths, "RemoteProtocolError: reply is not valid HTTP/1.1"),
        (switch_protocols, "RemoteProtocolError: reply is not valid HTTP/1.1"),
        (answer_too_much, "RemoteProtocolError: reply larger than"),
        (answer_without_end, "RemoteProtocolError: reply larger than"),
        (drip, "ReadTimeout"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_request_that_arrived_is_unanswered_and_is_never_sent_again(script: Script, reason: str) -> None:
    async with serving(script) as server, open_client(server.url) as client:
        with pytest.raises(Unanswered) as caught:
            await client.send(call_request())
        assert caught.value.reason.startswith(("RemoteProtocolError", "ReadError") if reason == "Read" else reason)
        await server.sessions[0].end()
        assert server.requests() == [b'{"mark":"a"}']
        assert len(server.sessions) == 1


async def test_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as bound_but_deaf:
        bound_but_deaf.bind(("127.0.0.1", 0))
        async with open_client(f"http://127.0.0.1:{bound_but_deaf.getsockname()[1]}") as client:
            with pytest.raises(NotSent, match=r"^ConnectError: cannot connect"):
                await client.send(call_request())


async def test_a_host_that_cannot_exist_is_not_sent() -> None:
    async with open_client("http://" + "a" * 70 + ".invalid") as client:
        with pytest.raises(NotSent, match=r"^(ConnectError|InvalidURL)"):
            await client.send(call_request())


async def test_a_server_that_drops_every_new_connection_never_makes_a_read_request_not_sent() -> None:
    async with serving(drop_at_once) as server, open_client(server.url) as client:
        for _ in range(20):
            with pytest.raises((NotSent, Unanswered)):
                await client.send(call_request())
        assert server.received() == b""
        assert len(server.sessions) <= 20


async def test_a_connection_dropped_before_the_request_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        async with open_client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            sending = asyncio.ensure_future(client.send(call_request(), may_send=lambda: pytest.fail("was asked")))
            while not sending.done():
                await asyncio.sleep(0)
                with contextlib.suppress(BlockingIOError):
                    listener.accept()[0].close()  # before the loop has had a turn to tell the client it is connected
            with pytest.raises(NotSent, match=r"^ConnectError: closed by the peer before the request"):
                await sending


async def test_no_free_connection_in_time_is_not_sent() -> None:
    async with (
        serving(never_answer) as server,
        open_client(server.url, max_connections=1, connect_seconds=0.3, read_seconds=5) as client,
    ):
        first = asyncio.ensure_future(client.send(call_request("first")))
        await server.whole(1)
        with pytest.raises(NotSent, match=r"^PoolTimeout"):
            await client.send(call_request("second"))
        assert server.requests() == [b'{"mark":"first"}']
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@pytest.mark.parametrize(
    "request_",
    [
        ProviderRequest(method="POST", path="/calls", headers={"x-key": "secret\r\nx-injected: 1"}, body=b"{}"),
        ProviderRequest(method="POST", path="/calls", headers={"x-key": "secret\u20b9"}, body=b"{}"),
        ProviderRequest(method="PO ST", path="/calls", body=b"{}"),
    ],
    ids=["line break in a header", "header beyond ASCII", "method with a blank"],
)
async def test_a_request_that_cannot_be_written_is_not_sent(request_: ProviderRequest) -> None:
    async with serving(answer_all) as server, open_client(server.url) as client:
        with pytest.raises(NotSent) as caught:
            await client.send(request_)
        assert "secret" not in caught.value.reason
        assert server.received() == b""
        await client.send(call_request())  # and its connection is not lost to others


@pytest.mark.parametrize("script", [drop_after_reading, never_answer, answer_garbage])
async def test_neither_errors_nor_logs_show_keys_or_query(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    request = ProviderRequest(
        method="POST", path="/calls", query={"api_key": "k3y"}, headers={"authorization": "Bearer t0ken"}, body=b"{}"
    )
    with caplog.at_level(logging.DEBUG):
        async with serving(script) as server, open_client(server.url.replace("//", "//user:pa55@")) as client:
            with pytest.raises(Unanswered) as caught:
                await client.send(request)
        async with serving(answer_all) as server, open_client(server.url) as client:
            await client.send(request)
    for secret in ("k3y", "t0ken", "pa55", "/calls"):
        assert secret not in str(caught.value) + caught.value.reason + caplog.text


async def test_closing_the_client_ends_what_is_in_flight_as_unanswered_and_what_waits_as_not_sent() -> None:
    async with serving(never_answer) as server:
        async with open_client(server.url, max_connections=1, connect_seconds=5, read_seconds=5) as client:
            tasks = [asyncio.ensure_future(client.send(call_request(str(number)))) for number in range(3)]
            await server.whole(1)
        outcomes: list[ProviderReply | BaseException] = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Unanswered, NotSent, NotSent]
        assert server.requests() == [b'{"mark":"0"}']
