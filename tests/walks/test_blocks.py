"""Every block of the pages for integrators runs as it is pasted, and once more: against an installation of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.walks.session import MARK, NOT_RUN, PAGES, PROJECT, blocks, is_run

#: Two minutes, most of them of commands that start: `make walk`.
pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """Return what the session printed: in a process of its own, as it brings a database of its own."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "-m", "tests.walks.session"]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_every_block_runs_as_pasted_twice(said: dict[str, Any]) -> None:
    told = said["out"].split(MARK)[1:]
    wrong = [one[:800] for one in told if '"error":' in one.replace('"error": null', "") or "Traceback" in one]
    assert wrong == []
    assert [line for line in said["err"].splitlines() if line and "level='info'" not in line] == []
    run = [block for page in PAGES for block in blocks(page) if is_run(block)]
    assert len(told) == 2 * len(run) > 2 * 15


def test_what_is_not_run_is_there() -> None:
    found = [block for page in PAGES for block in blocks(page)]
    assert [begin for begin in NOT_RUN if not any(block.startswith(begin) for block in found)] == []
    unlisted = [block for block in found if not is_run(block) and not block.startswith(tuple(NOT_RUN))]
    assert unlisted == [], "say in NOT_RUN why these are not run"
