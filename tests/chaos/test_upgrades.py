"""Promise 8 through an upgrade: old and new code call side by side, before, while and after the tables are changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from campaigns.promises.audit import audit
from dialer.embedded.sharing import Services
from dialer.embedded.stack import free_port
from tests.chaos.arena import WORKERS, Arena, now
from tests.chaos.judging import judge
from tests.chaos.scenes import Scene, hurry, open_leads, set_scene, start, wait_for_end, wait_for_requests
from tests.chaos.trees import TreeStack, newer_tree, older_tree

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

#: Calls that each state of the upgrade is watched for.
WATCHED = 30
#: So that people are left to call when the last process has started.
SLOWER = {"talk_seconds": [0.3, 0.8]}


@contextmanager
def beside(arena: Arena, tree: Path) -> Iterator[TreeStack]:
    """Return the processes of another tree on the arena's servers; the caller starts them, and they end here."""
    services = Services(database_url=arena.postgres.url, redis_url=arena.valkey.url, data_dir=arena.folder)
    environment = {"PUBLIC_BASE_URL": arena.stack.base_url, "LOG_LEVEL": "WARNING"}
    logs = arena.folder / "logs" / tree.name
    stack = TreeStack(services, tree=tree, port=free_port(), log_dir=logs, workers=2, **environment)
    try:
        yield stack
    finally:
        stack.stop()


def watch(arena: Arena, *scenes: Scene) -> None:
    """See that calls go on."""
    wait_for_requests(arena, int(arena.carrier.summary()["requests"]) + WATCHED)
    assert open_leads(*scenes) > 0, "nobody was left to call"


def start_workers(stack: TreeStack) -> None:
    for name in ("worker-1", "worker-2"):
        stack.start_one(name)
    for name in ("worker-1", "worker-2"):
        stack.wait_ready(name)


def test_tables_grow_under_old_workers_then_old_and_new_call_together_then_new_alone(
    arena: Arena, tmp_path: Path
) -> None:
    before = newer_tree(tmp_path / "new")
    pushed = set_scene(arena, contacts=1000, lines=[4], carrier_settings=SLOWER)
    # This provider takes nine calls a second at most: a thousand people would take longer than is waited for.
    asked = set_scene(arena, contacts=400, lines=[4], provider="altur", carrier_settings=SLOWER)
    with beside(arena, tmp_path / "new") as new:
        start(pushed, asked)
        watch(arena, pushed, asked)
        try:
            new.manage("migrate")
            assert "made_up" in columns("campaigns_attempt")
            watch(arena, pushed, asked)
            start_workers(new)
            watch(arena, pushed, asked)
            # The upgrade goes wrong in the middle, on both sides.
            arena.kill("worker-1")
            new.supervisor.kill("worker-1")
            watch(arena, pushed, asked)
            new.start_one("worker-1")
            for name in WORKERS[1:]:
                arena.stack.supervisor.stop(name)
            watch(arena, pushed, asked)
            hurry(arena, pushed)
            hurry(arena, asked)
            wait_for_end(arena, pushed, asked)
        finally:
            new.stop()
            new.manage("migrate", "campaigns", before)
    judge(arena, pushed, asked, untold=True)
    assert [str(found) for found in audit(now=now()).findings] == []


@pytest.mark.short
def test_the_oldest_code_that_goes_with_these_tables_calls_beside_this_one(arena: Arena, tmp_path: Path) -> None:
    commit = older_tree(tmp_path / "old")
    if not commit:
        pytest.skip("no git here, and so no older code")
    scene = set_scene(arena, contacts=900, lines=[5], carrier_settings=SLOWER)
    with beside(arena, tmp_path / "old") as old:
        start_workers(old)
        start(scene)
        watch(arena, scene)
        arena.kill(*WORKERS)
        watch(arena, scene)
        arena.revive(*WORKERS)
        watch(arena, scene)
        old.supervisor.kill("worker-1")
        watch(arena, scene)
        hurry(arena, scene)
        wait_for_end(arena, scene)
    print(f"beside the code of {commit[:8]}")
    judge(arena, scene, untold=True)


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}
