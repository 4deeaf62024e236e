"""The web process that is attacked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.attacks.server import Server, running_server


@pytest.fixture(scope="session")
def server(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One web process for all attacks."""
    with django_db_blocker.unblock(), running_server(log_dir=tmp_path_factory.mktemp("web")) as started:
        yield started
