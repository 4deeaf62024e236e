"""How many result pushes are taken in: authenticated, stored, committed, answered 200; over keep-alive connections."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import aiohttp
import orjson

from tests.benchmarks.arena import arena, cpu_seconds, postgres_pid


def run(*, pushes: int, connections: int) -> dict[str, Any]:
    """Send ``pushes`` results of calls that nobody placed over ``connections`` connections; return the figures."""
    with arena(name="pushes") as ground:
        from campaigns.rehearsing.staging import Line, stage_account
        from webhooks.models import ProviderEvent

        stage = stage_account(
            ground.carrier, provider="voxcore", name="pushes", lines=[Line(number="+918000000001", limit=1)]
        )
        token = f"Bearer {stage.account.credentials['push_token']}"
        # The inbox is left to itself: what is measured is taking in, not applying.
        ground.stack.supervisor.stop("worker-1")
        web = ground.stack.supervisor.pid("web")
        asyncio.run(_send(stage.account.push_url, token, 500, connections))
        own, database = cpu_seconds([web]), cpu_seconds([postgres_pid()])
        started_seconds = time.monotonic()
        waits, refused = asyncio.run(_send(stage.account.push_url, token, pushes, connections))
        seconds = time.monotonic() - started_seconds
        own, database = cpu_seconds([web]) - own, cpu_seconds([postgres_pid()]) - database
        stored = ProviderEvent.objects.count() - 500
        return {
            "pushes": pushes,
            "connections": connections,
            "per_second": round(pushes / seconds),
            "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
            "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
            "cpu_seconds_per_1000": {
                "web": round(own * 1000 / pushes, 2),
                "postgresql": round(database * 1000 / pushes, 2),
            },
            "not_answered_200": refused,
            "stored": stored,
            "lost": pushes - refused - stored,
        }


async def _send(url: str, token: str, pushes: int, connections: int) -> tuple[list[float], int]:
    waits: list[float] = []
    refused = 0
    left = iter(range(pushes))

    async def sender(session: aiohttp.ClientSession) -> None:
        nonlocal refused
        for _ in left:
            began = time.perf_counter()
            async with session.post(url, data=_body(), headers={"Authorization": token}) as reply:
                await reply.read()
                refused += reply.status != 200
            waits.append(time.perf_counter() - began)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(sender(session) for _ in range(connections)))
    return sorted(waits), refused


def _body() -> bytes:
    return orjson.dumps(
        {
            "dialer_reference": str(uuid.uuid4()),
            "call_id": str(uuid.uuid4()),
            "disconnected_by": "customer",
            "call_duration_seconds": "31.5",
            "recording_url": "https://recordings.example.com/a.wav",
            "transcript": '[{"speaker": "bot", "text": "Good morning, this is a reminder."}]',
        }
    )
