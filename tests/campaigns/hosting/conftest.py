"""A carrier that does at once what it ever does, so that less is waited for."""

from __future__ import annotations

import pytest

from campaigns.hosting import ending, resolving


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for late arrivals for a moment only: the sandbox adds numbers at once or never."""
    monkeypatch.setattr(resolving, "WATCHED_SECONDS", 0.2)
    monkeypatch.setattr(ending, "MARGIN_SECONDS", 0.3)
