"""Posts a turn's deliveries to its subscriber, several at a time, and says what came of each.

A subscriber has connections, a thread for look-ups and a deadline of its own: one that drips, never answers or whose
name server hangs holds up nobody else. Deliveries of one lead go one after the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from django.conf import settings

from dialer.addresses import Forbidden
from dialer.fetching import address_problem
from dialer.http.transport import REUSED, CallTransport
from webhooks.telling.payload import Told
from webhooks.telling.signing import SIGNATURE_HEADER, signature

#: Requests to one subscriber at one time.
REQUESTS_AT_ONCE = 20
#: After so long, nothing more of a turn is begun: the rest waits for the next one.
TURN_SECONDS = 5.0
#: Of an answer only its status counts; one that is larger than this is none.
MOST_ANSWER_BYTES = 1024 * 1024
#: Servers close what is idle; so short that one that is about to is not met.
IDLE_SECONDS = 1.0
#: Said of a subscription whose secret no key opens.
UNREADABLE = (
    "Its secret cannot be read, as DIALER_ENCRYPTION_KEYS lacks the key of that time: put that key back, restart, or "
    "replace the secret"
)
#: By these a subscriber refuses one delivery, by any other failure all of them.
REFUSALS = frozenset({400, 409, 413, 415, 422})
#: One that refuses so many, and takes none between them, takes nothing.
MOST_REFUSALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one try. ``problem`` is empty when it was taken."""

    delivery_id: int
    status_code: int | None
    problem: str

    @property
    def is_refusal(self) -> bool:
        """Whether it is this delivery that was refused, by a subscriber that takes others."""
        return self.status_code in REFUSALS


@dataclass(slots=True, kw_only=True)
class Sent:
    """What came of a turn. ``is_down``: whether the subscriber takes nothing, so that the rest was not tried."""

    replies: list[Reply] = field(default_factory=list)
    is_down: bool = False


class Line:
    """The way to one subscriber, for one event loop. Close it. ``secret`` None: no key opens it, so nothing is sent."""

    def __init__(self, *, url: str, secret: str | None) -> None:
        self.url, self.secret = url, secret
        self._problem = address_problem(url) or ("" if secret is not None else UNREADABLE)
        self._address = httpx.URL("" if self._problem else url)
        self._seconds = float(settings.DIALER_SUBSCRIBER_SECONDS)
        self._lookups = ThreadPoolExecutor(1, thread_name_prefix="subscriber-names")
        self._kept, self._fresh = self._transport(IDLE_SECONDS), self._transport(0.0)

    def _transport(self, keepalive_seconds: float) -> CallTransport:
        return CallTransport(
            max_connections=REQUESTS_AT_ONCE,
            keepalive_seconds=keepalive_seconds,
            max_reply_bytes=MOST_ANSWER_BYTES,
            own_networks=bool(settings.DIALER_ALLOW_PRIVATE_ADDRESSES),
            lookups=self._lookups,
        )

    async def post(self, one: Told) -> Reply:
        """Post one delivery. Nothing is followed, and of the answer only its status counts."""
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._exchange(one)
        except TimeoutError:
            problem = f"No whole reply within {self._seconds:g} s"
        except Forbidden as error:
            problem = str(error)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            problem = f"No reply: {error}"
        else:
            status = response.status_code
            problem = "" if 200 <= status < 300 else f"It answered {status}"
            return Reply(delivery_id=one.delivery_id, status_code=status, problem=problem)
        return Reply(delivery_id=one.delivery_id, status_code=None, problem=problem)

    async def _exchange(self, one: Told) -> httpx.Response:
        request = self._request(one)
        try:
            return await self._kept.handle_async_request(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if not request.extensions.get(REUSED):
                raise
        # Some servers close a connection that they have let us believe in: that is no failure yet.
        return await self._fresh.handle_async_request(self._request(one))

    def _request(self, one: Told) -> httpx.Request:
        if self._problem:
            raise Forbidden(self._problem)
        headers = {
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "dialer",
            "dialer-event-id": one.event_id,
            SIGNATURE_HEADER: signature(secret=self.secret or "", body=one.body, at=datetime.now(UTC)),
        }
        return httpx.Request("POST", self._address, content=one.body, headers=headers)

    async def aclose(self) -> None:
        """Close the connections; a look-up that hangs ends by itself."""
        await self._kept.aclose()
        await self._fresh.aclose()
        self._lookups.shutdown(wait=False, cancel_futures=True)


async def send(*, line: Line, told: Sequence[Told]) -> Sent:
    """Send what is told, oldest first, until the time of a turn is over or the subscriber takes nothing."""
    sent = Sent()
    until = time.monotonic() + TURN_SECONDS
    rows = iter(_in_order(told))
    refused = 0

    async def work() -> None:
        nonlocal refused
        for row in rows:
            for one in row:
                if sent.is_down or time.monotonic() > until:
                    return
                reply = await line.post(one)
                sent.replies.append(reply)
                refused = refused + 1 if reply.is_refusal else 0
                sent.is_down |= bool(reply.problem) and (not reply.is_refusal or refused >= MOST_REFUSALS)

    await asyncio.gather(*(work() for _ in range(min(REQUESTS_AT_ONCE, len(told)))))
    return sent


def _in_order(told: Iterable[Told]) -> list[list[Told]]:
    """Return those that go one after the other together, by the oldest of each."""
    rows: dict[str, list[Told]] = {}
    for one in told:
        rows.setdefault(one.order, []).append(one)
    return list(rows.values())
