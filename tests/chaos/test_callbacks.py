"""A result that asks for a callback: the person is called at that time, and neither before nor twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from campaigns.models import Callback, Lead
from tests.chaos.arena import Arena, now
from tests.chaos.judging import judge
from tests.chaos.scenes import Scene, requests, set_scene, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]


def move(lead_ids: list[int], *, due_at: datetime) -> None:
    """Let the time of callbacks come sooner."""
    Lead.objects.filter(pk__in=lead_ids).update(next_attempt_at=due_at, callback_at=due_at)


def waiting(scene: Scene) -> list[int]:
    """Return the leads that wait for a callback, an hour after their call."""
    leads = Lead.objects.filter(campaign=scene.campaign, state="PENDING", callback_at__gt=now() + timedelta(minutes=50))
    return list(leads.order_by("id").values_list("id", flat=True))


def test_who_asks_to_be_called_back_is_called_at_that_time_and_not_before(arena: Arena) -> None:
    scene = set_scene(
        arena,
        contacts=6,
        lines=[3],
        fields={"max_attempts": 2, "callback_words": ["callback"], "callback_after_seconds": 3600},
        carrier_settings={"outcomes": {"ANSWERED": 1}, "dispositions": {"CALLBACK": 1}},
    )
    start(scene)
    arena.in_time(lambda: len(waiting(scene)) == 6)
    assert Callback.objects.filter(lead__campaign=scene.campaign).count() == 6
    scene.change(arena, dispositions={"INTERESTED": 1})
    sooner, later = waiting(scene)[:3], waiting(scene)[3:]
    due_at = now() + timedelta(seconds=2)
    move(sooner, due_at=due_at)

    arena.in_time(lambda: Lead.objects.filter(pk__in=sooner, state="COMPLETED").count() == 3)

    again = requests(arena, scene)[6:]
    assert len(again) == 3
    assert min(row["requested_at"] for row in again) >= due_at.timestamp()
    called = {row["to_number"][-10:] for row in again}
    assert called == {number[-10:] for number in Lead.objects.filter(pk__in=sooner).values_list("number", flat=True)}
    assert waiting(scene) == later

    move(later, due_at=now())
    wait_for_end(arena, scene)
    judge(arena, scene)
    assert len(requests(arena, scene)) == 12
