"""Promises 1 and 5: time-outs that rang and that did not, garbage, broken connections, and storms of 503."""

from __future__ import annotations

import pytest

from campaigns.models import Attempt, Lead
from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import requests, set_scene, start, wait_for_end

pytestmark = pytest.mark.chaos

RANG = {"timeout_rang": 0.15, "garbage_reply": 0.15, "drop_after_reading_rang": 0.15, "http_500_rang": 0.1}
DID_NOT_RING = {"timeout_not_rang": 0.1, "drop_after_reading_not_rang": 0.1, "http_500": 0.05}


def test_unclear_replies_are_never_repeated_and_all_are_found_out(arena: Arena) -> None:
    slow = {"timeout_seconds": 1.3, "slow_reply_seconds": 0.5}
    unclear = set_scene(
        arena,
        contacts=120,
        lines=[60],
        fields={"max_attempts": 2, "retry_rules": {"BUSY": 0, "NO_ANSWER": 0}},
        carrier_settings={"faults": {**RANG, **DID_NOT_RING, "slow_reply": 0.1}, **slow},
    )
    agents = set_scene(
        arena,
        contacts=60,
        provider="intellicall",
        lines=[60],
        agents=60,
        carrier_settings={"faults": {**RANG, **DID_NOT_RING}, **slow},
    )
    storm = set_scene(arena, contacts=150, lines=[10], carrier_settings={"faults": {"refuse_full": 1}})
    start(unclear, agents, storm)
    arena.in_time(lambda: len(requests(arena, storm)) >= 10)
    # A lead that is turned away waits twice as long each time: few enough of them that none is so often.
    storm.change(arena, faults={"refuse_full": 0.1, "refuse_503": 0.05})
    wait_for_end(arena, unclear, agents, storm, seconds=70)

    # Nothing told us of a call that never rang: those alone may stay UNCERTAIN.
    judge(arena, unclear, agents, untold=True)
    judge(arena, storm)
    assert set(Lead.objects.filter(campaign=storm.campaign).values_list("attempts_made", flat=True)) == {1}
    for scene in (unclear, agents):
        rows = {row["reference"]: row for row in requests(arena, scene)}
        unsure = Attempt.objects.filter(campaign=scene.campaign, outcome="UNCERTAIN").values_list(
            "reference", flat=True
        )
        assert unsure
        assert [rows[str(reference)]["fault"] for reference in unsure if rows[str(reference)]["rang_at"]] == []
