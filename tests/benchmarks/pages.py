"""What the pages of the admin cost after a long past: every list of the sidebar, and every part that renews itself.

The tabs of a campaign and the page of a row of each list; each list as it is, by each choice of its filters, searched,
sorted and at its last page; and the lists that the numbers of the watched pages lead to. Statements; the least of
several times of our process and by the clock; and PostgreSQL's time of processors, on average. Beside other work the
clock tells how busy the machine is: what is over its bound is judged by the processors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from tests.benchmarks.arena import cpu_seconds, postgres_pid, project

#: So often each list and each part is asked for; the first time is left out, as it finds caches empty.
LOOKS_AT_LIST, LOOKS_AT_PART = 3, 20
#: What a list and a part may cost: statements, and milliseconds of processors.
LIST, PART = (30, 300.0), (6, 20.0)


def run(*, pasts: Sequence[int], calls_a_lead: int = 1) -> Iterator[dict[str, Any]]:
    """Give a row for each page with each past as it is measured, those over their bounds marked; a sum of each past."""
    spawning = get_context("spawn")
    for attempts in pasts:
        # In a process of its own: Django knows one database for as long as it lives.
        receiving, sending = spawning.Pipe(duplex=False)
        process = spawning.Process(target=_measure, args=(attempts, calls_a_lead, sending))
        process.start()
        sending.close()
        yield from _received(receiving)
        process.join()
        if process.exitcode:
            raise RuntimeError(f"the pages with {attempts} attempts were not measured to their end")


def _received(receiving: Connection) -> Iterator[dict[str, Any]]:
    while True:
        try:
            yield receiving.recv()
        except EOFError:
            return


def _measure(attempts: int, calls_a_lead: int, sending: Connection) -> None:
    with sending, project(name=f"pages_{attempts}"):
        from tests.history.rows import make_past

        began = time.monotonic()
        past = make_past(attempts, to_call=1_000, calls_a_lead=calls_a_lead)
        made_in = round(time.monotonic() - began, 1)
        over, pages = [], 0
        for row in _rows(past.running.pk):
            sending.send(row)
            pages += 1
            over += [row["page"]] if row["over"] else []
        told = {
            "attempts": attempts,
            "leads": attempts // calls_a_lead,
            "made_in_seconds": made_in,
            "pages": pages,
            "over": over,
            "load": round(os.getloadavg()[0], 1),
        }
        sending.send(told)


def _rows(campaign_id: int) -> Iterator[dict[str, Any]]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.history import site

    settings.ALLOWED_HOSTS = ["*"]
    user, client = User.objects.create_superuser("olga"), Client()
    client.force_login(user)
    for part in site.parts_of_site(client, user, campaign_id=campaign_id):
        yield _row(client, f"part of {part.page}: {part.address}", part.address, PART)
    lists = [*site.watched_pages(campaign_id=campaign_id), *site.row_pages(user), *site.list_pages(user)]
    for page in [*lists, *site.linked_rows(client, campaign_id=campaign_id)]:
        yield _row(client, page.name, page.address, LIST)


def _row(client: Any, name: str, address: str, bound: tuple[int, float]) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        reply = client.get(address)
    statements = len(asked)  # the next request begins the log anew
    looks = LOOKS_AT_PART if bound == PART else LOOKS_AT_LIST
    database = cpu_seconds([postgres_pid()])
    times = [_times(client, address) for _ in range(looks)]
    database_ms = (cpu_seconds([postgres_pid()]) - database) * 1000 / looks
    wall_ms, own_ms = (min(one) * 1000 for one in zip(*times, strict=True))
    most, longest_ms = bound
    return {
        "page": name,
        "status": reply.status_code,
        "statements": statements,
        "wall_ms": round(wall_ms, 1),
        "own_ms": round(own_ms, 1),
        "database_ms": round(database_ms, 1),
        "bytes": len(reply.content) if not reply.streaming else 0,
        "over": statements > most or own_ms + database_ms > longest_ms,
    }


def _times(client: Any, address: str) -> tuple[float, float]:
    """Return the seconds of one look by the clock, and those of our process."""
    began, own = time.perf_counter(), time.process_time()
    client.get(address)
    return time.perf_counter() - began, time.process_time() - own
