"""How many deliveries subscribers take, each answering after 10 ms: from the feed to what is stored as delivered."""

from __future__ import annotations

import resource
import time
import uuid
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from tests.benchmarks.arena import cpu_seconds, postgres_pid, project
from tests.benchmarks.subscribers import subscribers

LONGEST_SECONDS = 300.0
#: Entries of each lead: those of one go one after the other.
ENTRIES_OF_LEAD = 4


def run(*, entries: int, receivers: int, dead: int) -> dict[str, Any]:
    """Tell ``entries`` of the feed to each of so many receivers, ``dead`` others beside them; return the figures."""
    with (
        project(name="telling", DIALER_ALLOW_PRIVATE_ADDRESSES="true"),
        subscribers(receivers) as (ports, asked),
    ):
        return measured(entries=entries, ports=ports, asked=asked, dead=dead)


def measured(*, entries: int, ports: Sequence[int], asked: Connection, dead: int) -> dict[str, Any]:
    """Do so with subscribers that listen at these ports, in the database that Django is set up for."""
    from webhooks.models import Delivery, Subscription
    from webhooks.telling.teller import Teller

    receivers = len(ports)
    for number, port in enumerate([*ports, *[9] * dead]):
        Subscription.objects.create(name=f"{number}", url=f"http://127.0.0.1:{port}/")
    _fill(entries)
    taken = Delivery.objects.filter(state="DELIVERED")
    teller = Teller()
    own, database = time.process_time(), cpu_seconds([postgres_pid()])
    began = time.monotonic()
    told, second, most = 0, (began, 0), 0.0
    while told < entries * receivers and time.monotonic() - began < LONGEST_SECONDS:
        teller.look()
        time.sleep(0.2)
        told = taken.count()
        if (passed := time.monotonic() - second[0]) >= 1.0:
            most, second = max(most, (told - second[1]) / passed), (time.monotonic(), told)
    seconds = time.monotonic() - began
    own, database = time.process_time() - own, cpu_seconds([postgres_pid()]) - database
    asked.send(True)
    heard = asked.recv()
    teller.stop()
    return {
        "receivers": receivers,
        "dead": dead,
        "deliveries": told,
        "missing": entries * receivers - told,
        "doubled": heard["doubled"],
        "out_of_order": heard["out_of_order"],
        "per_second": round(told / seconds),
        "best_second": round(most),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cpu_seconds_per_1000": {
            "worker": round(own * 1000 / max(told, 1), 2),
            "postgresql": round(database * 1000 / max(told, 1), 2),
        },
    }


def _fill(entries: int) -> None:
    """Make so many entries of calls with a result, some of each lead."""
    from campaigns.models import Attempt, FeedEntry, Lead
    from tests.campaigns.world import account, campaign, place

    made = campaign(account(), leads=-(-entries // ENTRIES_OF_LEAD))
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
    told = [FeedEntry(kind="RESULT_CHANGED", attempt=one) for _ in range(ENTRIES_OF_LEAD) for one in attempts]
    FeedEntry.objects.bulk_create(told[:entries], batch_size=1000)
