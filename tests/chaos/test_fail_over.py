"""A fail-over under kept connections: the old server answers and takes no writes. It is left for the new one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from tests.chaos.arena import Arena
from tests.chaos.judging import judge
from tests.chaos.scenes import open_leads, requests, set_scene, start, wait_for_end, wait_for_requests

pytestmark = [pytest.mark.chaos, pytest.mark.alone, pytest.mark.judged]

BACK_WITHIN_SECONDS = 10.0


@contextmanager
def read_only(arena: Arena) -> Iterator[psycopg.Connection]:
    """Let the server take no writes, on kept connections too; give one that may change that."""
    with psycopg.connect(arena.postgres.url, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
        try:
            yield admin
        finally:
            admin.execute("ALTER DATABASE dialer RESET default_transaction_read_only")
            admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
            admin.execute("SELECT pg_reload_conf()")


def ready(arena: Arena) -> int:
    """Return the status of the readiness page."""
    return httpx.get(f"{arena.stack.base_url}/api/v1/ready/", timeout=10).status_code


def test_a_server_that_takes_no_writes_is_left_and_all_goes_on_with_the_next(arena: Arena) -> None:
    # Of the pushes that cannot be stored, Intellicall sends 3 again and is asked.
    scene = set_scene(arena, contacts=300, lines=[5], provider="intellicall", agents=5)
    start(scene)
    wait_for_requests(arena, 20)
    assert ready(arena) == 200
    with read_only(arena) as admin:
        arena.in_time(lambda: ready(arena) == 503)
        # What connects from now on finds a server that takes writes; a kept connection would never do so again.
        admin.execute("ALTER DATABASE dialer SET default_transaction_read_only = off")
        over_at = time.time()
        known = len(requests(arena, scene))
        arena.in_time(lambda: ready(arena) == 200)
        ready_after = time.time() - over_at
        dials_after = arena.first_request_after(over_at)
        assert open_leads(scene) > 0
        wait_for_end(arena, scene)
    assert len(requests(arena, scene)) > known
    judge(arena, scene, untold=True)
    print(f"ready {ready_after:.2f} s and dialing {dials_after:.2f} s after the fail-over")
    assert max(ready_after, dials_after) < arena.within(BACK_WITHIN_SECONDS)
