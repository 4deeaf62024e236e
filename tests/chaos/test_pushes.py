"""Promise 6: pushes lost, doubled, late, early, in the wrong order; the same truth in the end."""

from __future__ import annotations

import pytest

from campaigns.models import Attempt, Lead
from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import set_scene, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

DISORDER = {"push_doubled": 0.2, "push_late": 0.15, "push_early": 0.2, "push_disordered": 0.15}


def test_pushes_lost_doubled_late_early_and_disordered(arena: Arena) -> None:
    asked = set_scene(
        arena,
        contacts=200,
        provider="intellicall",
        lines=[10],
        agents=10,
        carrier_settings={"faults": {**DISORDER, "push_lost": 0.2}, "late_seconds": 2.5},
    )
    pushed = set_scene(arena, contacts=200, lines=[15], carrier_settings={"faults": DISORDER, "late_seconds": 1.5})
    lossy = set_scene(arena, contacts=40, lines=[40], carrier_settings={"faults": {"push_lost": 0.3}})
    # Later than the deadline of 12 s: LOST first, then what the provider says after all.
    too_late = set_scene(
        arena, contacts=30, lines=[30], carrier_settings={"faults": {"push_late": 1}, "late_seconds": 15}
    )
    start(asked, pushed, lossy, too_late)
    wait_for_end(arena, asked, pushed, lossy, too_late)
    were_lost = Attempt.objects.filter(campaign=too_late.campaign, outcome="LOST").count()
    arena.in_time(lambda: not Attempt.objects.filter(campaign=too_late.campaign, outcome="LOST").exists())

    judge(arena, asked, pushed)
    judge(arena, lossy, untold=True)
    judge(arena, too_late)
    answered = Attempt.objects.filter(campaign=too_late.campaign, outcome="ANSWERED").values("lead")
    assert set(Lead.objects.filter(pk__in=answered).values_list("state", flat=True)) == {"COMPLETED"}
    print(f"{were_lost} calls were LOST until the provider's word came")
