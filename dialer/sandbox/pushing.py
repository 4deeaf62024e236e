"""Sending the pushes of calls: delays, losses, doubles, retries. One HTTP session for all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from time import time

import aiohttp

from dialer.sandbox.behaviours import Fault, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.contract import Dialect
from dialer.sandbox.exchange import Exchange

#: Connections kept to receivers of pushes, and the real seconds that a receiver may take to answer.
CONNECTIONS = 100
ANSWER_SECONDS = 10.0
#: A connection that nobody used for so long is not used again: receivers close idle ones (our web server after 30 s),
#: and a push that leaves at that moment is lost with it.
IDLE_SECONDS = 15.0


class Pusher:
    """Delivers what dialects word. ``pending`` counts deliveries that are planned or under way."""

    def __init__(self, *, exchange: Exchange, dialects: Mapping[str, Dialect]) -> None:
        self.exchange = exchange
        self.dialects = dialects
        self.pending = 0
        self.sent = 0
        self.refused = 0
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            auto_decompress=False,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def reset(self) -> None:
        """Give up every delivery, planned or under way, and count from 0."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.pending = self.sent = self.refused = 0

    async def close(self) -> None:
        """Give up what is under way and close the session."""
        self.reset()
        await self.session.close()

    def emit(self, call: Call, phase: Phase) -> None:
        """Plan the push of a phase that a call has reached, if its dialect pushes it and no fault loses it."""
        account, pushed = call.account, self._dialect(call).push_phases
        if account.push_url is None or phase not in pushed or call.plan is None:
            return
        fault = call.plan.push_fault
        if fault is Fault.PUSH_LOST:
            return
        phases: tuple[Phase, ...] = (phase,)
        if fault is Fault.PUSH_DISORDERED:
            if phase is not Phase.ENDED:
                return
            phases = (Phase.ENDED, *(phase for phase in _earlier(call) if phase in pushed))
        elif fault is Fault.PUSH_DOUBLED:
            phases = (phase, phase)
        dialect = self._dialect(call)
        phases = tuple(each for reached in phases for each in dialect.told(call, reached))
        if not phases:
            if phase is Phase.ENDED and call.delivered is not None:
                call.delivered.set()
            return
        delay = call.plan.push_delay_seconds if phase is Phase.ENDED else 0.0
        if fault is Fault.PUSH_LATE:
            delay += account.settings.late_seconds
        self.pending += 1
        if delay:
            self.exchange.loop.call_later(delay / self.exchange.time_factor, self._spawn, call, phases)
        else:
            self._spawn(call, phases)

    def _spawn(self, call: Call, phases: tuple[Phase, ...]) -> None:
        if call.epoch != self.exchange.epoch:
            return
        before = turn = None
        if len(self._dialect(call).push_phases) > 1:
            before, turn = call.turn, asyncio.Event()
            call.turn = turn
        task = self.exchange.loop.create_task(self._deliver(call, phases, before, turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self, call: Call, phases: tuple[Phase, ...], before: asyncio.Event | None, turn: asyncio.Event | None
    ) -> None:
        """Send phases one after the other. An event waits for the first try of the one before, not for its retries."""
        if before is not None:
            await before.wait()
        for place, phase in enumerate(phases, start=1):
            await self._send(call, phase, turn, last=place == len(phases))
        self.pending -= 1
        if call.delivered is not None and Phase.ENDED in phases:
            call.delivered.set()

    async def _send(self, call: Call, phase: Phase, turn: asyncio.Event | None, *, last: bool) -> None:
        for attempt in count(1):
            accepted = await self._try(call, phase, attempt)
            if turn is not None and (last or not accepted):
                turn.set()
            given = call.account.settings.push_retry_seconds
            pauses = self._dialect(call).retry_seconds(call.account) if given is None else given
            if accepted or attempt > len(pauses):
                return
            await asyncio.sleep(pauses[attempt - 1] / self.exchange.time_factor)

    async def _try(self, call: Call, phase: Phase, attempt: int) -> bool:
        dialect = self._dialect(call)
        push = dialect.push(call.account, call, phase, attempt)
        if push is None:
            return True
        status: int | None = None
        try:
            async with self.session.request(
                push.method, push.url, data=push.body, headers=push.headers, allow_redirects=False
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        call.pushes.append((time(), status))
        self.sent += 1
        accepted = status is not None and 200 <= status < 300
        self.refused += not accepted
        dialect.pushed(call.account, accepted=accepted)
        return accepted

    def _dialect(self, call: Call) -> Dialect:
        return self.dialects[call.account.slug]


def _earlier(call: Call) -> tuple[Phase, ...]:
    """Return the phases before the end that this call went through, last first."""
    reached = [Phase.INITIATED]
    if call.rang_at is not None:
        reached.append(Phase.RINGING)
    if call.answered_at is not None:
        reached.append(Phase.ANSWERED)
    return tuple(reversed(reached))
