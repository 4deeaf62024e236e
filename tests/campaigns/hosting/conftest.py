"""A carrier that does at once what it ever does, so that less is waited for."""

from __future__ import annotations

import pytest

from campaigns.hosting import adding, ending, resolving, turning
from webhooks import hosted_logs


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for late arrivals for a moment only: the sandbox adds numbers at once or never."""
    monkeypatch.setattr(resolving, "WATCHED_SECONDS", 0.2)
    monkeypatch.setattr(resolving, "RESERVED_FOR_SECONDS", 0.2)
    monkeypatch.setattr(resolving, "SENDING_MARGIN_SECONDS", 0.2)
    monkeypatch.setattr(adding, "REST_SECONDS", 0.2)
    monkeypatch.setattr(ending, "MARGIN_SECONDS", 0.2)
    monkeypatch.setattr(turning, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(turning, "REST_SECONDS", 0.2)
    monkeypatch.setattr(turning, "READ_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(hosted_logs, "READ_EVERY_SECONDS", 0.2)
