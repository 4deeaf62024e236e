"""Promise 8: Redis emptied or away, PostgreSQL or web killed, beat absent or doubled: it goes on by itself."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import pytest
import redis

from campaigns.checks import judge_beat
from campaigns.models import Attempt
from tests.chaos.arena import Arena, now
from tests.chaos.judging import judge
from tests.chaos.scenes import hurry, open_leads, requests, set_scene, start, wait_for_end, wait_for_requests

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.judged]

GOES_ON_WITHIN_SECONDS = 10.0


def test_redis_is_emptied_then_killed_then_back(arena: Arena) -> None:
    scene = set_scene(arena, contacts=700, lines=[6])
    start(scene)
    for _ in range(5):
        wait_for_requests(arena, len(requests(arena, scene)) + 20)
        with redis.Redis.from_url(arena.valkey.url) as client:
            client.flushall()
    arena.valkey.kill()
    without = arena.first_request_after(time.time())
    wait_for_requests(arena, len(requests(arena, scene)) + 40)
    arena.valkey.start()
    again = arena.first_request_after(time.time())
    assert open_leads(scene) > 0
    hurry(arena, scene)
    wait_for_end(arena, scene)

    judge(arena, scene)
    print(f"next request {without:.2f} s after Redis was killed, {again:.2f} s after it was back")
    assert max(without, again) < arena.within(GOES_ON_WITHIN_SECONDS)


def test_an_operator_is_told_that_beat_has_gone(arena: Arena) -> None:
    scene = set_scene(arena, contacts=40, lines=[1], carrier_settings={"talk_seconds": [5, 8]})
    start(scene)
    arena.in_time(lambda: judge_beat(now=now() + timedelta(seconds=45)) == [])
    arena.kill("beat")
    assert [each.id for each in judge_beat(now=now() + timedelta(seconds=61))] == ["campaigns.W001"]
    arena.revive("beat")
    arena.in_time(lambda: judge_beat(now=now() + timedelta(seconds=45)) == [])


def test_postgresql_is_killed_twice_and_comes_back(arena: Arena) -> None:
    # Of the pushes that came while it was away, Intellicall sends 3 again and is asked; VoxCore does neither.
    asked = set_scene(arena, contacts=250, lines=[5], provider="intellicall", agents=5)
    pushed = set_scene(arena, contacts=250, lines=[5])
    start(asked, pushed)
    took = []
    for _ in range(2):
        wait_for_requests(arena, arena.carrier.summary()["requests"] + 60)
        arena.postgres.kill()
        arena.in_time(lambda: not arena.carrier.live())
        arena.postgres.start()
        took.append(arena.first_request_after(time.time()))
    assert arena.in_time(lambda: open_leads(asked, pushed)) > 0
    wait_for_end(arena, asked, pushed)

    judge(arena, pushed, untold=True)
    judge(arena, asked, untold=True)
    print(f"next request after PostgreSQL was back: {', '.join(f'{seconds:.2f} s' for seconds in took)}")
    assert max(took) < arena.within(GOES_ON_WITHIN_SECONDS)


def test_the_web_server_is_killed_and_its_pushes_are_lost(arena: Arena) -> None:
    no_second_try: dict[str, object] = {"push_retry_seconds": []}
    asked = set_scene(arena, contacts=120, lines=[5], provider="intellicall", agents=5, carrier_settings=no_second_try)
    pushed = set_scene(arena, contacts=60, lines=[5])
    start(asked, pushed)
    wait_for_requests(arena, 30)
    arena.kill("web")
    wait_for_requests(arena, arena.carrier.summary()["requests"] + 15)
    arena.in_time(lambda: not arena.carrier.live())
    arena.revive("web")
    arena.stack.wait_ready("web")
    wait_for_end(arena, asked, pushed)

    judge(arena, asked)
    judge(arena, pushed, untold=True)
    lost = Attempt.objects.filter(campaign=pushed.campaign, outcome="LOST").count()
    polled = Attempt.objects.filter(campaign=asked.campaign, events__source="POLL").distinct().count()
    print(f"web killed: {lost} calls LOST where nobody can be asked, {polled} found by asking")
    assert lost > 0
    assert polled > 0


def test_two_beats_then_none(arena: Arena) -> None:
    scene = set_scene(arena, contacts=600, lines=[6])
    second, log_file = arena.stack, arena.folder / "logs" / "second-beat.log"
    start(scene)
    second.supervisor.start(
        "second-beat",
        argv=[sys.executable, "-m", *second.program("beat")],
        log_file=log_file,
        env=second._env,
    )
    try:
        arena.in_time(lambda: b"is starting." in log_file.read_bytes())
        wait_for_requests(arena, len(requests(arena, scene)) + 60)
        arena.kill("beat", "second-beat")
        alone = arena.first_request_after(time.time())
        assert open_leads(scene) > 0
        hurry(arena, scene)
        wait_for_end(arena, scene)
    finally:
        second.supervisor.kill("second-beat")

    judge(arena, scene)
    print(f"without a beat: the next request after {alone:.2f} s, and the campaign completed")
