"""One arena for all scenarios; before each it is put in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.chaos.arena import Arena, report, running_arena
from tests.chaos.leaks import all_numbers, all_secrets, leaks


@pytest.fixture(scope="package")
def everything(django_db_blocker: DjangoDbBlocker) -> Iterator[Arena]:
    """Start the servers, the stack and the carrier once; whatever went wrong, no log may show a number or a secret."""
    with django_db_blocker.unblock(), running_arena() as running:
        yield running
        files = (running.folder / "logs").glob("*.log")
        assert leaks(files, numbers=all_numbers(), secrets=all_secrets()) == []


@pytest.fixture
def arena(everything: Arena, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """Return the arena in order, with an empty ledger."""
    everything.mend()
    failed_before = request.session.testsfailed
    yield everything
    if request.session.testsfailed > failed_before:
        print(report(everything.folder))
