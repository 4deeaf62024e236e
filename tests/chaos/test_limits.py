"""Promise 2: three workers race for the same slots, and the provider never sees more than a limit."""

from __future__ import annotations

import random
import time

import pytest

from tests.chaos.arena import WORKERS, Arena
from tests.chaos.judging import ON_THE_WAY_SECONDS, judge
from tests.chaos.rate import leave_to_us, rate_of
from tests.chaos.scenes import open_leads, requests, set_scene, start, wait_for_end
from tests.chaos.wire import heard

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.judged]


@pytest.mark.short
def test_three_workers_race_for_one_did_agents_account_rate_and_fleet(arena: Arena) -> None:
    one_did = set_scene(arena, contacts=40, lines=[1])
    agents = set_scene(arena, contacts=80, provider="intellicall", lines=[9], agents=3, max_live_calls=2)
    rate = set_scene(arena, contacts=80, lines=[50], calls_per_second=12)
    fleet = {"fleet_max": 5, "fleet_taken_by_others": 2, "limits": {"account": 3}}
    fleet_room = set_scene(arena, contacts=60, lines=[50], carrier_settings=fleet)
    campaign_limit = set_scene(arena, contacts=60, lines=[20], fields={"max_live_calls": 2})
    start(one_did, agents, rate, fleet_room, campaign_limit)
    wait_for_end(arena, one_did, agents, rate, fleet_room, campaign_limit)

    judge(arena, one_did, agents, rate, fleet_room, campaign_limit)
    accounts = arena.carrier.summary()["accounts"]
    own = accounts[f"voxcore/{campaign_limit.stage.carrier_account}"]
    assert own["peak"] <= 2
    # A reading of the fleet is old when it arrives, so that a call too many may be asked for: refused, never rung.
    refused = [row for row in requests(arena, fleet_room) if row["outcome"] == "REFUSED"]
    print(f"fleet of 3 lines: {len(refused)} of {len(requests(arena, fleet_room))} requests refused")
    assert len(refused) < 60


def test_workers_that_freeze_and_whose_clocks_differ_keep_to_the_rate(arena: Arena) -> None:
    scene = set_scene(arena, contacts=350, lines=[50], calls_per_second=20)
    leave_to_us(arena, scene)
    # By less than keeps a worker from placing: one who wakes would book again what another has booked already.
    for name, ahead_seconds in zip(WORKERS, (0.4, 0.0, -0.4), strict=True):
        arena.set_clock(name, ahead_seconds=ahead_seconds)
    drawn = random.Random(11)
    with heard(arena.carrier.url) as wire:
        start(scene)
        freezes = 0
        while open_leads(scene) > 60:
            names = drawn.sample(WORKERS, drawn.randint(1, 3))
            time.sleep(drawn.uniform(0.05, 0.5))
            arena.freeze(*names)
            time.sleep(drawn.choice((0.04, 0.1, 0.3, 0.9, 1.4)))
            arena.thaw(*names)
            freezes += 1
        wait_for_end(arena, scene)

    judge(arena, scene, untold=True)
    rate = rate_of(scene, rows=requests(arena, scene), wire=wire, on_the_way_seconds=ON_THE_WAY_SECONDS)
    print(f"{freezes} freezes: {rate.as_json()}")
    assert rate.violations == ()
    assert freezes > 5
