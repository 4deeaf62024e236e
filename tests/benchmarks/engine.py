"""What the engine's own steps cost in PostgreSQL: enrolling a list, reserving 200 leads of a short and of a long queue,
settling what came of them. No request leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks.arena import cpu_seconds, postgres_pid, project

BATCH = 200
TURNS = 25
SHORT_QUEUE = 10_000


def run(*, leads: int) -> dict[str, Any]:
    """Measure with ``leads`` queued, beside a queue of ``SHORT_QUEUE`` in the same run; return the figures."""
    with project(name="engine"):
        from tests.benchmarks import second_look

        short = reserved_and_settled(leads=SHORT_QUEUE)
        long = reserved_and_settled(leads=leads)
        looks = second_look.measured(leads=SHORT_QUEUE)
    return {
        "leads": leads,
        "first_call_seconds": long["first_call_seconds"],
        "enrol_seconds": long["enrol_seconds"],
        f"reserve_{BATCH}_ms": long["reserve_ms"],
        f"reserve_{BATCH}_ms_of_{SHORT_QUEUE}": short["reserve_ms"],
        "long_to_short": round(long["reserve_ms"] / short["reserve_ms"], 2),
        "settled_per_second": long["settled_per_second"],
        "with_a_cap": looks,
    }


def enrolled(*, leads: int, **fields: Any) -> tuple[Any, datetime]:
    """Return a running campaign with so many leads, all due at an instant, and the instant."""
    from campaigns.lifecycle.operations import start_campaign

    campaign, now = _campaign(leads, **fields), datetime.now(UTC)
    start_campaign(campaign_id=campaign.pk, now=now, by="the benchmark")
    _enrol_the_rest(now)
    _come_to_rest()
    return campaign, now


def reserved_and_settled(*, leads: int) -> dict[str, Any]:
    """Enrol a list of so many contacts, then reserve and settle batches of them; return the figures."""
    from campaigns.claiming.reserving import claim
    from campaigns.lifecycle.operations import start_campaign

    campaign = _campaign(leads)
    now = datetime.now(UTC)
    set_fleet(campaign.account_id, now)
    enrol_seconds = _seconds(lambda: start_campaign(campaign_id=campaign.pk, now=now, by="the benchmark"))
    first_call_seconds = enrol_seconds + _seconds(lambda: claim(account_id=campaign.account_id, now=now, room=1))
    enrol_seconds += _seconds(lambda: _enrol_the_rest(now))
    _come_to_rest()
    return {
        "first_call_seconds": round(first_call_seconds, 2),
        "enrol_seconds": round(enrol_seconds, 2),
        **turns(account_ids=[campaign.account_id], now=now),
    }


def turns(*, account_ids: Sequence[int], now: datetime, batch: int = BATCH, many: int = TURNS) -> dict[str, Any]:
    """Reserve and settle a batch of each account by turns; return the median of a reservation, and how many settled.

    ``now``: of the first turn; the others follow a second apart. One more turn goes before them and does not count:
    what a process does once, such as reading the words of refusals, is no part of a figure. Each account must have
    leads for all turns.
    """
    from campaigns.claiming.reserving import claim
    from campaigns.settling.reports import settle
    from dialer.providers.base import CallReport, Outcome, Phase

    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7)
    for turn in range(many + 1):
        if turn <= 1:
            waits, settling, settled = [], 0.0, 0
            reserving_cpu, settling_cpu = Cpu(), Cpu()
        at = now + timedelta(seconds=turn + 1)
        for account_id in account_ids:
            set_fleet(account_id, at)
            with reserving_cpu:
                began = time.perf_counter()
                reserved = claim(account_id=account_id, now=at, room=batch).reserved
                waits.append(time.perf_counter() - began)
            assert len(reserved) == batch, len(reserved)
            reports = [(call.attempt_id, report) for call in reserved]
            with settling_cpu:
                began = time.perf_counter()
                settle(reports=reports, now=at)
                settling += time.perf_counter() - began
            settled += len(reports)
    return {
        "reserve_ms": round(sorted(waits)[len(waits) // 2] * 1000, 2),
        "settled_per_second": round(settled / settling),
        "reserved_and_settled_per_second": round(settled / (sum(waits) + settling)),
        "reserve_cpu_ms": reserving_cpu.ms_each(len(waits)),
        "settle_cpu_ms": settling_cpu.ms_each(len(waits)),
    }


class Cpu:
    """Sums the processor time of blocks: of this process, and of PostgreSQL."""

    def __init__(self) -> None:
        self._own = self._database = 0.0

    def __enter__(self) -> None:
        self._database -= cpu_seconds([postgres_pid()])
        self._own -= time.process_time()

    def __exit__(self, *error: object) -> None:
        self._own += time.process_time()
        self._database += cpu_seconds([postgres_pid()])

    def ms_each(self, blocks: int) -> dict[str, float]:
        """Return the milliseconds of a block, by whose they were."""
        return {
            "own": round(self._own * 1000 / blocks, 1),
            "postgresql": round(self._database * 1000 / blocks, 1),
        }


def _enrol_the_rest(now: datetime) -> None:
    from campaigns.leads.enrolling import enrol_waiting

    while enrol_waiting(now=now):
        pass


def _come_to_rest() -> None:
    """Do now what PostgreSQL would do behind the following turns on the same cores."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) campaigns_lead, campaigns_contact")
        cursor.execute("CHECKPOINT")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _campaign(leads: int, **fields: Any) -> Any:
    """Make an account with room for a batch, and a draft over a list of that many contacts."""
    from django.db import connection

    from campaigns.models import CallTemplate, Campaign, ContactList
    from campaigns.rehearsing.staging import ALL_DAY
    from dialer.models import DID, ProviderAccount

    account = ProviderAccount.objects.create(
        name=f"{leads} leads{' with rules' if fields else ''}",
        provider="voxcore",
        base_url="http://127.0.0.1:9",
        credentials={"api_key": "k", "push_token": "t"},
        max_live_calls=BATCH + 1,
    )
    did = DID.objects.create(account=account, number=f"+918{len(fields)}{leads:08d}", max_live_calls=BATCH + 1)
    template = CallTemplate.objects.create(
        name=account.name, provider="voxcore", action="VOICE_BOT", options={"bot_id": "b"}
    )
    contact_list = ContactList.objects.create(name=account.name, default_region="IN")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_contact (contact_list_id, number, name, variables, external_reference, time_zone)
               SELECT %s, '+91' || (7000000000 + n), 'Contact ' || n, jsonb_build_object('due', n), '', ''
                 FROM generate_series(1, %s) n""",
            [contact_list.pk, leads],
        )
        cursor.execute("ANALYZE campaigns_contact")
    campaign = Campaign.objects.create(
        name=account.name,
        account=account,
        template=template,
        time_zone="UTC",
        **ALL_DAY,
        **fields,
    )
    campaign.contact_lists.add(contact_list)
    campaign.dids.add(did)
    return campaign


def set_fleet(account_id: int, at: datetime) -> None:
    """Let the fleet have had room for everything a moment ago."""
    from dialer.models import AccountGate

    AccountGate.objects.filter(account_id=account_id).update(
        fleet_available=10_000, fleet_own_live=0, fleet_measured_at=at
    )
