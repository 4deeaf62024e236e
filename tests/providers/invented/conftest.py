"""The invented provider, there for the time of a test, and its carrier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialer import providers
from tests.api.conftest import api
from tests.providers.invented import ringwell
from tests.providers.invented.carrier import Ringwell

__all__ = ["api"]


@pytest.fixture
def registered() -> Iterator[None]:
    """Register the provider as anybody may, and take it out again."""
    providers.register(ringwell.provider)
    yield
    providers.unregister(ringwell.provider.slug)


@pytest.fixture
def carrier() -> Iterator[Ringwell]:
    """A running carrier with an empty ledger."""
    with Ringwell() as running:
        yield running
