"""Promise 7: after pause, stop or the kill switch has returned, no request starts. The ledger's clock is the judge."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from campaigns.lifecycle.operations import InFlight, pause_campaign, resume_campaign, set_dialing_allowed, stop_campaign
from campaigns.models import Attempt
from tests.chaos.arena import Arena, now
from tests.chaos.judging import judge
from tests.chaos.scenes import Scene, placing, requests, set_scene, start, wait_for_end, wait_for_requests

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

ROUNDS = 4
SLOW = {"reply_delay_seconds": [0.0, 0.4]}


@pytest.mark.short
def test_nothing_starts_after_pause_kill_switch_or_stop_has_returned(arena: Arena) -> None:
    scene = set_scene(arena, contacts=3000, lines=[30], carrier_settings=SLOW)
    campaign_id = scene.campaign.pk
    start(scene)
    quiet: list[tuple[float, float]] = []
    took: list[float] = []

    def hold(stop: Callable[[], InFlight], go_on: Callable[[], object] | None) -> None:
        wait_for_requests(arena, len(requests(arena, scene)) + 60)
        began = time.monotonic()
        in_flight = stop()
        returned_at = time.time()
        took.append(time.monotonic() - began)
        live = Attempt.objects.filter(campaign=scene.campaign, placing_at__isnull=False).exclude(state="ENDED")
        assert set(live.values_list("id", flat=True)) <= set(in_flight.attempt_ids)
        arena.in_time(lambda: not live.exists())
        quiet.append((returned_at, time.time()))
        if go_on is not None:
            go_on()

    for _ in range(ROUNDS):
        hold(
            lambda: pause_campaign(campaign_id=campaign_id, now=now(), by="chaos"),
            lambda: resume_campaign(campaign_id=campaign_id, now=now(), by="chaos"),
        )
        hold(
            lambda: set_dialing_allowed(allowed=False, reason="chaos", by="chaos", now=now()),
            lambda: set_dialing_allowed(allowed=True, reason="", by="chaos", now=now()),
        )
    hold(lambda: stop_campaign(campaign_id=campaign_id, now=now(), by="chaos"), None)

    late = [
        (row["id"], row["requested_at"] - since)
        for row in requests(arena, scene)
        for since, until in quiet
        if since < row["requested_at"] < until
    ]
    assert late == []
    judge(arena, scene, campaign_states=["STOPPED"])
    print(f"{len(quiet)} stops under load, the longest took {max(took):.2f} s; {len(requests(arena, scene))} requests")


def test_a_pause_while_another_campaign_of_the_account_runs_stops_only_its_own(arena: Arena) -> None:
    from tests.chaos.scenes import add_campaign, new_list

    paused = set_scene(arena, contacts=400, lines=[10], carrier_settings=SLOW)
    going: Scene = add_campaign(arena, paused.stage, contact_list=new_list(arena, 200))
    start(paused, going)
    wait_for_requests(arena, 40)
    pause_campaign(campaign_id=paused.campaign.pk, now=now(), by="chaos")
    returned_at = time.time()
    wait_for_end(arena, going)
    own = set(map(str, Attempt.objects.filter(campaign=paused.campaign).values_list("reference", flat=True)))
    rows = requests(arena, paused)
    assert [row["id"] for row in rows if row["reference"] in own and row["requested_at"] > returned_at] == []
    assert placing(paused) == 0
    stop_campaign(campaign_id=paused.campaign.pk, now=now(), by="chaos")
    judge(arena, paused, going, campaign_states=["STOPPED", "COMPLETED"])
