"""Clients of the API, each as somebody with certain permissions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

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
    """Return a client that sends the user's token; errors of the server come back as replies."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=user).key}")
    return client
