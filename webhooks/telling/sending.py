"""Posts a turn's deliveries to its subscriber, several at a time, and says what came of each.

A subscriber has connections, a thread for look-ups and a deadline of its own: one that drips, never answers or whose
name server hangs holds up nobody else. Deliveries of one lead go one after the other.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import httpx
from django.conf import settings

from dialer.addresses import Forbidden
from dialer.http.transport import REUSED, CallTransport
from webhooks.telling.payload import Told, parcel
from webhooks.telling.replies import Reply, head_of, retry_after_seconds
from webhooks.telling.signing import SIGNATURE_HEADER, signature, standard_headers
from webhooks.telling.tokens import KeptTokens, NoToken, TokenKeeper
from webhooks.telling.ways import Way

#: Requests to one subscriber at one time.
REQUESTS_AT_ONCE = 20
#: After so long, nothing more of a turn is begun: the rest waits for the next one.
TURN_SECONDS = 5.0
#: Of an answer its status counts, and its beginning is kept; one that is larger than this is none.
MOST_ANSWER_BYTES = 1024 * 1024
#: Servers close what is idle; so short that one that is about to is not met.
IDLE_SECONDS = 1.0
#: One that refuses so many, and takes none between them, takes nothing.
MOST_REFUSALS = 3
#: Deliveries that go one after the other, by the oldest of them.
Row = tuple[int, deque[Told]]


@dataclass(slots=True, kw_only=True)
class Sent:
    """What came of a turn. ``is_down``: whether the subscriber takes nothing, so that the rest was not tried."""

    replies: list[Reply] = field(default_factory=list)
    is_down: bool = False


class Line:
    """The way to one subscriber, for one event loop. Close it. Nothing is sent on a way that has a problem.

    ``tokens`` outlive it: those that are good are used again by the next one.
    """

    def __init__(self, way: Way, *, tokens: KeptTokens) -> None:
        self.way = way
        self._address = httpx.URL("" if way.problem else way.url)
        self._seconds = float(settings.DIALER_SUBSCRIBER_SECONDS)
        self._lookups = ThreadPoolExecutor(1, thread_name_prefix="subscriber-names")
        self._kept, self._fresh = self._transport(IDLE_SECONDS), self._transport(0.0)
        self._tokens = TokenKeeper(way.client, transport=self._fresh, kept=tokens) if way.client else None

    def _transport(self, keepalive_seconds: float) -> CallTransport:
        return CallTransport(
            max_connections=REQUESTS_AT_ONCE,
            keepalive_seconds=keepalive_seconds,
            max_reply_bytes=MOST_ANSWER_BYTES,
            own_networks=bool(settings.DIALER_ALLOW_PRIVATE_ADDRESSES),
            lookups=self._lookups,
        )

    async def post(self, told: Sequence[Told]) -> list[Reply]:
        """Send deliveries in one request; return what came of each, which is the same. Nothing is followed."""
        event_id, body = parcel(told, is_batch=self.way.batch_size > 1)
        began = time.monotonic()
        status, head, wait = None, "", None
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._authorized(event_id, body)
        except TimeoutError:
            waited_for = "token" if self._tokens is not None and not self._tokens.has_token else "whole reply"
            problem = f"No {waited_for} within {self._seconds:g} s"
        except NoToken as error:
            problem = f"No token: {error}"
        except Forbidden as error:
            problem = str(error)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            problem = f"No reply: {error}"
        else:
            status = response.status_code
            problem = "" if 200 <= status < 300 else f"It answered {status}"
            # It is there as it came: what httpx makes of it costs as much as the rest of sending.
            head = head_of(b"".join(cast("httpx.ByteStream", response.stream)))
            wait = retry_after_seconds(response.headers.get("retry-after", ""), now=datetime.now(UTC))
        took_ms = round((time.monotonic() - began) * 1000)
        return [
            Reply(
                delivery_id=one.delivery_id,
                status_code=status,
                problem=problem,
                head=head,
                took_ms=took_ms,
                retry_after_seconds=wait,
            )
            for one in told
        ]

    async def _authorized(self, event_id: str, body: bytes) -> httpx.Response:
        """Send one request; with another token where the first one is refused."""
        if self.way.problem:
            raise Forbidden(self.way.problem)
        if self._tokens is None:
            return await self._exchange(event_id, body, "")
        token = await self._tokens.token()
        response = await self._exchange(event_id, body, token)
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        self._tokens.forget(token)
        return await self._exchange(event_id, body, await self._tokens.token())

    async def _exchange(self, event_id: str, body: bytes, token: str) -> httpx.Response:
        request = self._request(event_id, body, token)
        try:
            return await self._kept.handle_async_request(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if not request.extensions.get(REUSED):
                raise
            # Some servers close a connection that they have let us believe in: that is no failure yet.
            return await self._fresh.handle_async_request(self._request(event_id, body, token))

    def _request(self, event_id: str, body: bytes, token: str) -> httpx.Request:
        now = datetime.now(UTC)
        headers = {
            **dict(self.way.headers),
            **({"authorization": f"Bearer {token}"} if token else {}),
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "dialer",
            "dialer-event-id": event_id,
            SIGNATURE_HEADER: signature(secrets=self.way.secrets, body=body, at=now),
            **standard_headers(secrets=self.way.secrets, event_id=event_id, body=body, at=now),
        }
        return httpx.Request(self.way.method, self._address, content=body, headers=headers)

    async def aclose(self) -> None:
        """Close the connections; a look-up that hangs ends by itself."""
        await self._kept.aclose()
        await self._fresh.aclose()
        self._lookups.shutdown(wait=False, cancel_futures=True)


async def send(*, line: Line, told: Sequence[Told]) -> Sent:
    """Send what is told, oldest first, until the time of a turn is over or the subscriber takes nothing."""
    turn = _Sending(line)
    if line.way.batch_size > 1:
        await turn.in_batches(told)
    else:
        rows = _rows(told)
        await asyncio.gather(*(turn.one_by_one(rows) for _ in range(min(REQUESTS_AT_ONCE, len(rows)))))
    return turn.sent


class _Sending:
    """One turn: those who send take from one heap, and stop together."""

    def __init__(self, line: Line) -> None:
        self.sent = Sent()
        self._line = line
        self._until = time.monotonic() + TURN_SECONDS
        self._refused = 0

    async def one_by_one(self, rows: list[Row]) -> None:
        """Send the oldest of all whose row nobody is sending of; the next of its row follows when it is answered."""
        while rows and not self._is_over():
            _, row = heapq.heappop(rows)
            await self._post([row.popleft()])
            if row:
                heapq.heappush(rows, (row[0].delivery_id, row))

    async def in_batches(self, told: Sequence[Told]) -> None:
        """Send one batch after the other."""
        for begin in range(0, len(told), self._line.way.batch_size):
            if self._is_over():
                return
            await self._post(told[begin : begin + self._line.way.batch_size])

    def _is_over(self) -> bool:
        return self.sent.is_down or time.monotonic() > self._until

    async def _post(self, told: Sequence[Told]) -> None:
        replies = await self._line.post(told)
        first = replies[0]
        if first.is_refusal and len(told) > 1:
            # One of them is the reason: each by itself shows which.
            for one in told:
                if self._is_over():
                    return
                await self._post([one])
            return
        self.sent.replies += replies
        self._refused = self._refused + 1 if first.is_refusal else 0
        self.sent.is_down |= bool(first.problem) and (not first.is_refusal or self._refused >= MOST_REFUSALS)


def _rows(told: Iterable[Told]) -> list[Row]:
    """Return those that go one after the other together, as a heap by the oldest of each."""
    rows: dict[str, deque[Told]] = {}
    for one in told:
        rows.setdefault(one.order, deque()).append(one)
    return [(row[0].delivery_id, row) for row in rows.values()]
