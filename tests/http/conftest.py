"""Every test of the client runs on both event loops: the standard one and the engine's."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Return the loop to run on."""
    return "asyncio", {"use_uvloop": request.param}
