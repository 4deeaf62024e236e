"""Clients of the API, each as somebody with certain permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from rest_framework.test import APIClient

from dialer.keys.making import make_key

API = "/api/v1"

ClientFor = Callable[..., APIClient]


@pytest.fixture
def client_for(db: None) -> ClientFor:
    """Return a maker of clients whose user has just these permissions."""

    def make(*permissions: str) -> APIClient:
        user = User.objects.create_user(f"user-{User.objects.count()}")
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return with_token(user)

    return make


@pytest.fixture
def api(db: None) -> APIClient:
    """Return the client of a superuser."""
    return with_token(User.objects.create_superuser("root"))


def with_token(user: User) -> APIClient:
    """Return a client that sends a key of the user; errors of the server come back as replies."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key_of(user)}")
    return client


def key_of(user: User, *scopes: str, **wanted: Any) -> str:
    """Return a new key of the user; without scopes, one that narrows nothing."""
    now = timezone.now()
    made = {"name": "tests", "scopes": scopes or ("admin",), "expires_at": None, "now": now, **wanted}
    return make_key(user_id=user.pk, **made)[1]
