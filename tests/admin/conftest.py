"""Who looks at the admin: an owner who may do everything, and a viewer who may only look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.admin import builders


@pytest.fixture
def owner(db: None) -> Client:
    """A client logged in as a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    """A client logged in as staff with view permissions alone."""
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def next_day() -> Iterator[None]:
    """Let it be the day after what the builders made: how a page says an instant depends on how far away it is."""
    with time_machine.travel(builders.NOW + timedelta(days=1)):
        yield
