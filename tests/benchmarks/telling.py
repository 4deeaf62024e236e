"""How many deliveries subscribers take, each answering after 10 ms: from the feed to what is stored as delivered."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from aiohttp import web

from dialer.embedded.stack import free_port
from tests.benchmarks.arena import cpu_seconds, postgres_pid, project

ANSWER_SECONDS = 0.01
LONGEST_SECONDS = 300.0


def run(*, entries: int, receivers: int, dead: int) -> dict[str, Any]:
    """Tell ``entries`` results to each of so many receivers, ``dead`` others beside them; return the figures."""
    with project(name="telling", DIALER_ALLOW_PRIVATE_ADDRESSES="true"), ExitStack() as stack:
        from webhooks.models import Delivery, Subscription
        from webhooks.telling.teller import Teller

        ports = [free_port() for _ in range(receivers)]
        for port in ports:
            stack.enter_context(_receiver(port))
        for number, port in enumerate([*ports, *[9] * dead]):
            Subscription.objects.create(name=f"{number}", url=f"http://127.0.0.1:{port}/")
        _fill(entries)
        taken = Delivery.objects.filter(state="DELIVERED")
        teller = Teller()
        own, database = time.process_time(), cpu_seconds([postgres_pid()])
        began = time.monotonic()
        while taken.count() < entries * receivers and time.monotonic() - began < LONGEST_SECONDS:
            teller.look()
            time.sleep(0.2)
        seconds = time.monotonic() - began
        own, database = time.process_time() - own, cpu_seconds([postgres_pid()]) - database
        told = taken.count()
        teller.stop()
        return {
            "receivers": receivers,
            "dead": dead,
            "deliveries": told,
            "missing": entries * receivers - told,
            "per_second": round(told / seconds),
            "cpu_seconds_per_1000": {
                "worker": round(own * 1000 / max(told, 1), 2),
                "postgresql": round(database * 1000 / max(told, 1), 2),
            },
        }


def _fill(entries: int) -> None:
    """Make so many calls with a result, of as many leads."""
    from campaigns.models import Attempt, FeedEntry, Lead
    from tests.campaigns.world import account, campaign, place

    made = campaign(account(), leads=entries)
    first = place(made)
    first.state, first.ended_at, first.outcome, first.is_burned = "ENDED", first.placing_at, "ANSWERED", True
    first.save()
    leads = Lead.objects.filter(campaign=made).exclude(pk=first.lead_id)
    fields = {field.attname: getattr(first, field.attname) for field in Attempt._meta.concrete_fields}
    rows = [
        Attempt(**{**fields, "id": None, "lead_id": lead_id, "reference": uuid.uuid4(), "external_id": None})
        for lead_id in leads.values_list("id", flat=True)
    ]
    attempts = [first, *Attempt.objects.bulk_create(rows, batch_size=1000)]
    FeedEntry.objects.bulk_create([FeedEntry(kind="RESULT", attempt=one) for one in attempts], batch_size=1000)


@contextmanager
def _receiver(port: int) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def serve(port: int) -> None:
    """Answer everything after a while, until the process ends."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(ANSWER_SECONDS)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)
