"""Promise 2: three workers race for the same slots, and the provider never sees more than a limit."""

from __future__ import annotations

import pytest

from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import requests, set_scene, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]


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
