"""Promises 1, 5 and 8: workers are killed with requests in flight, or frozen and woken; nothing rings twice."""

from __future__ import annotations

import time

import pytest

from campaigns.lifecycle.operations import pause_campaign, resume_campaign
from campaigns.models import Attempt
from tests.chaos.arena import WORKERS, Arena, now
from tests.chaos.judging import judge
from tests.chaos.scenes import (
    Scene,
    hurry,
    open_leads,
    placing,
    requests,
    set_scene,
    start,
    wait_for_end,
    wait_for_requests,
)

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

KILLS = 21
#: On a machine of its own it takes less than 5 s.
LIMIT_SECONDS = 10.0


@pytest.mark.judged
def test_twenty_one_killed_workers_lose_no_lead_and_ring_nobody_twice(arena: Arena) -> None:
    # Replies take longer than many a call: at any instant some requests have left and have no answer yet.
    slow = {"reply_delay_seconds": [0.2, 0.8], "talk_seconds": [0.6, 1.2]}
    scene = set_scene(arena, contacts=500, lines=[12], carrier_settings=slow)
    start(scene)
    in_flight, recovered_after = 0, []
    for _ in range(KILLS // len(WORKERS)):
        arena.in_time(lambda: placing(scene) >= 4)
        killed_at = arena.kill(*WORKERS)
        in_flight += placing(scene)
        arena.revive(*WORKERS)
        recovered_after.append(arena.first_request_after(killed_at))
    assert open_leads(scene) > 0, "the campaign was over before the last kill"
    hurry(arena, scene)
    wait_for_end(arena, scene)

    judge(arena, scene, untold=True)
    unsure = Attempt.objects.filter(campaign=scene.campaign, outcome="UNCERTAIN").count()
    print(f"{KILLS} workers killed with {in_flight} requests in flight; {unsure} attempts UNCERTAIN in the end")
    print(f"from SIGKILL of all to the next request: {', '.join(f'{seconds:.2f} s' for seconds in recovered_after)}")
    assert max(recovered_after) < arena.within(LIMIT_SECONDS)


def test_a_frozen_worker_that_wakes_late_sends_nothing(arena: Arena) -> None:
    scene = set_scene(arena, contacts=300, lines=[40], calls_per_second=40)
    start(scene)
    wait_for_requests(arena, 15)
    frozen = _frozen_with_requests_to_send(arena, scene)
    at = now()
    pause_campaign(campaign_id=scene.campaign.pk, now=at, by="chaos")
    returned_at = time.time()
    # Every call that had begun is over, then the sleepers wake with requests that they believe to be theirs.
    arena.in_time(lambda: not arena.carrier.live())
    arena.thaw(*WORKERS)
    arena.in_time(lambda: placing(scene) == 0)
    assert [row["id"] for row in requests(arena, scene) if row["requested_at"] > returned_at] == []
    resume_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")
    wait_for_end(arena, scene)

    judge(arena, scene)
    print(f"{frozen} requests were waiting for their turn when every worker froze")


def _frozen_with_requests_to_send(arena: Arena, scene: Scene) -> int:
    """Freeze every worker while requests of theirs wait for their instant; return how many."""

    def frozen() -> int:
        arena.freeze(*WORKERS)
        sent = {row["reference"] for row in arena.carrier.ledger()}
        attempts = Attempt.objects.filter(campaign=scene.campaign, state="PLACING").values_list("reference", flat=True)
        unsent = [reference for reference in attempts if str(reference) not in sent]
        if unsent and not _holds_a_transaction():
            return len(unsent)
        arena.thaw(*WORKERS)
        return 0

    return arena.in_time(frozen)


def _holds_a_transaction() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state IN ('idle in transaction', 'active')"
        )
        return bool(cursor.fetchone()[0])
