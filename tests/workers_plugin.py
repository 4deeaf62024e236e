"""Spreads a run over workers, several to a core as most tests wait. Loaded with `-p` by pyproject.toml; `-n auto` asks.

What reads the whole source is one lane, which one worker has from the beginning: it remembers what it has read. The
rest goes test by test to whichever worker is free.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from xdist.scheduler import LoadScopeScheduling

#: What has a worker to itself until it is over: the tests of the source, which stand beside the folders.
LANES = ("tests/test_",)
#: More than PER_CORE to a core only makes each wait for the others. MOST: PostgreSQL has so many connections.
PER_CORE, MOST = 2, 16


def pytest_configure() -> None:
    """Let Hypothesis judge values and not speed, which is that of a machine with several tests at once."""
    unasked = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    settings.register_profile("dialer", deadline=None, suppress_health_check=unasked)
    settings.load_profile("dialer")
    # It reads all modules of the project for constants that it might draw, in each worker, and draws them seldom.
    providers._get_local_constants = lambda: providers._local_constants


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return how many workers `-n auto` means: none where files are named, as their tests mostly end before it began.

    PYTEST_XDIST_AUTO_NUM_WORKERS says otherwise.
    """
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    named = config.getoption("file_or_dir")
    if named and all(".py" in place for place in named):
        return 0
    return min(PER_CORE * (os.cpu_count() or 1), MOST)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Return our own way to share the tests out, unless `--dist` asks for another."""
    return Lanes(config, log) if config.getvalue("dist") == "load" else None


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist brings no types
    """Work units of one test, and one for each lane; the largest unit is given out first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((lane for lane in LANES if nodeid.startswith(lane)), nodeid)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Forget the units that have ended: all that a worker has are counted at each test."""
        nodeid = self.registered_collections[node][item_index]
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(nodeid)
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]
