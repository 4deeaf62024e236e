"""Many claim at once, each on a connection of its own: no limit is passed, no lead or number taken twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.claiming.reserving import claim
from campaigns.lifecycle.operations import pause_campaign
from campaigns.models import Attempt, Campaign, Lead
from campaigns.settling.reports import settle
from campaigns.states import attempts as attempt_states
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, agent, campaign, claimed, did, live, numbers

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 4
ENDED = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED)


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run ``work`` in threads that begin together; return what they returned, or raise what one raised."""
    together = threading.Barrier(threads)

    def run(number: int) -> Any:
        try:
            together.wait(60)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_four_threads_never_pass_a_limit_nor_double_a_lead() -> None:
    owner = account(provider="intellicall", max_live_calls=7)
    lines = [did(owner, 3), did(owner, 4), did(owner, 2)]
    people = [agent(owner) for _ in range(8)]
    made = [
        campaign(owner, leads=60, dids=lines[:2], agents=people[:6], max_live_calls=4),
        campaign(owner, leads=60, dids=lines[1:], agents=people[3:]),
    ]
    over: list[str] = []

    def work(number: int) -> int:
        reserved = 0
        for turn in range(15):
            now = NOON + timedelta(seconds=turn)
            ids = [call.attempt_id for call in claimed(owner, now=now).reserved]
            reserved += len(ids)
            over.extend(limits_passed(owner, lines, made))
            settle(reports=[(attempt_id, ENDED) for attempt_id in ids], now=now)
        return reserved

    assert sum(at_once(work)) == Attempt.objects.filter(account=owner).count() > 60
    assert over == []
    per_lead = Counter(Attempt.objects.filter(account=owner).values_list("lead_id", flat=True))
    assert set(per_lead.values()) == {1}


def limits_passed(owner: Any, lines: list[Any], made: list[Any]) -> Iterator[str]:
    """Return what a look at the live attempts shows to be over its limit."""
    rows = Attempt.objects.filter(account=owner).exclude(state="ENDED")
    live_rows = list(rows.values_list("did_id", "agent_id", "campaign_id"))
    by_did, by_agent, by_campaign = (Counter(row[column] for row in live_rows) for column in range(3))
    if len(live_rows) > owner.max_live_calls:
        yield f"account: {len(live_rows)}"
    yield from (f"DID: {by_did[line.pk]}" for line in lines if by_did[line.pk] > line.max_live_calls)
    yield from (f"agent: {count}" for count in by_agent.values() if count > 1)
    if by_campaign[made[0].pk] > 4:
        yield f"campaign: {by_campaign[made[0].pk]}"


def test_accounts_that_share_contacts_never_call_one_person_twice_and_never_block_each_other() -> None:
    shared = numbers(120)
    owners = [account() for _ in range(THREADS)]
    for number, owner in enumerate(owners):
        # Each account comes upon the same people in another order: this is what makes writers wait in a ring.
        made = campaign(owner, leads=shared)
        for lead in Lead.objects.filter(campaign=made):
            Lead.objects.filter(pk=lead.pk).update(rank=10 + hash((number, lead.number)) % 10)

    def work(number: int) -> int:
        return sum(len(claimed(owners[number], room=40).reserved) for _ in range(3))

    reserved = sum(at_once(work))
    attempts = Attempt.objects.exclude(state="ENDED").values_list("number", flat=True)
    assert len(set(attempts)) == len(attempts) == reserved
    assert reserved > 40


def test_of_two_who_end_an_attempt_one_does_it() -> None:
    owner = account()
    campaign(owner, leads=40)
    ids = [call.attempt_id for call in claimed(owner).reserved]
    at_once(lambda number: settle(reports=[(attempt_id, ENDED) for attempt_id in sorted(ids)], now=NOON))
    assert set(Lead.objects.values_list("attempts_made", flat=True)) == {1}
    assert live(owner) == 0


def test_of_two_workers_with_one_reservation_one_places_it() -> None:
    owner = account()
    campaign(owner, leads=20)
    ids = [call.attempt_id for call in claimed(owner).reserved]

    def work(number: int) -> set[int]:
        from django.db import transaction

        with transaction.atomic(), connection.cursor() as cursor:
            return attempt_states.begin_placing(cursor, account_id=owner.pk, attempt_ids=ids)

    placed = [attempt_id for ids_placed in at_once(work) for attempt_id in ids_placed]
    assert sorted(placed) == sorted(ids)


def test_what_leaves_with_its_reservation_is_seen_by_whoever_pauses_and_nothing_leaves_later() -> None:
    owner = account()
    made = campaign(owner, leads=400)

    def work(number: int) -> list[int]:
        if number == 0:
            time.sleep(0.05)
            return pause_campaign(campaign_id=made.pk, now=NOON, by="a test").attempt_ids
        placing: list[int] = []
        while Campaign.objects.get(pk=made.pk).state == "RUNNING":
            taken = claim(account_id=owner.pk, now=NOON, room=2, leaves_at_once=True)
            placing += [call.attempt_id for call in taken.reserved]
        assert claim(account_id=owner.pk, now=NOON, room=2, leaves_at_once=True).reserved == []
        return placing

    in_flight, *left = at_once(work)
    assert sorted(in_flight) == sorted(attempt_id for ids in left for attempt_id in ids)
    assert set(Attempt.objects.values_list("state", flat=True)) <= {"PLACING"}


def test_requests_that_wait_for_their_turn_are_only_reserved() -> None:
    owner = account(calls_per_second=5)
    campaign(owner, leads=3)
    taken = claim(account_id=owner.pk, now=NOON, room=2, leaves_at_once=True)
    assert taken.reserved
    assert taken.placing_since_seconds is None
    assert set(Attempt.objects.values_list("state", "placing_at")) == {("RESERVED", None)}
