"""Promises 1 and 5: time-outs that rang and that did not, garbage, broken connections, and storms of refusals."""

from __future__ import annotations

import pytest

from campaigns.claiming.budget import REFUSALS_BEFORE_BACKOFF, backoff_seconds
from campaigns.models import Attempt, Lead
from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import requests, set_scene, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

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
    start(unclear, agents)
    wait_for_end(arena, unclear, agents)

    # Nothing told us of a call that never rang: those alone may stay UNCERTAIN.
    judge(arena, unclear, agents, untold=True)
    for scene in (unclear, agents):
        rows = {row["reference"]: row for row in requests(arena, scene)}
        unsure = Attempt.objects.filter(campaign=scene.campaign, outcome="UNCERTAIN").values_list(
            "reference", flat=True
        )
        assert unsure
        assert [rows[str(reference)]["fault"] for reference in unsure if rows[str(reference)]["rang_at"]] == []


def test_a_storm_of_refusals_burns_nothing_is_met_by_longer_and_longer_rests_and_ends_when_it_ends(
    arena: Arena,
) -> None:
    refused = [*["refuse_full"] * 9, *["", "refuse_503", "", "refuse_full"] * 4]
    storm = set_scene(arena, contacts=40, lines=[1], carrier_settings={"first_faults": refused})
    start(storm)
    wait_for_end(arena, storm)

    judge(arena, storm)
    assert set(Lead.objects.filter(campaign=storm.campaign).values_list("attempts_made", flat=True)) == {1}
    rows = sorted(requests(arena, storm), key=lambda row: row["requested_at"])
    # As many requests as people and refusals: no more were tried than it took.
    assert len(rows) == 40 + sum(fault != "" for fault in refused)
    # One line, so each refusal is known before the next request could leave.
    for turned_away in range(REFUSALS_BEFORE_BACKOFF, 10):
        rest = rows[turned_away]["requested_at"] - rows[turned_away - 1]["requested_at"]
        assert rest >= (backoff_seconds(refusals_in_row=turned_away) or 0) > 0
