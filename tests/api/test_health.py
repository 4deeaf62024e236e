"""Health and readiness, and the command that lets the first person in."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from tests.api.conftest import API

pytestmark = pytest.mark.django_db


def test_all_is_reachable() -> None:
    reply = APIClient().get(f"{API}/ready/")
    assert (reply.status_code, reply.json()) == (200, {"ready": True, "database": "ok", "redis": "ok"})


def test_what_cannot_be_reached_is_named_while_the_process_lives(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    reply = APIClient().get(f"{API}/ready/")
    assert (reply.status_code, reply.json()) == (503, {"ready": False, "database": "ok", "redis": "unreachable"})
    assert APIClient().get(f"{API}/health/").status_code == 200


def first_admin(*arguments: str) -> dict[str, str]:
    """Run the command and return what it printed, by name."""
    out = io.StringIO()
    call_command("first_admin", *arguments, stdout=out)
    return dict(line.split(": ", 1) for line in out.getvalue().splitlines())


def test_the_first_administrator_gets_in_by_password_and_by_key() -> None:
    printed = first_admin("--username", "asha")
    client = APIClient()
    form = {"username": "asha", "password": printed["password"]}
    assert Client().post("/admin/login/?next=/admin/", form).headers["Location"] == "/admin/"
    client.credentials(HTTP_AUTHORIZATION=f"Token {printed['key']}")
    assert client.get(f"{API}/accounts/").status_code == 200


def test_a_second_run_changes_nothing_and_prints_no_secret() -> None:
    first = first_admin("--username", "asha", "--password", "a long enough password")
    assert "password" not in first
    second = first_admin("--username", "asha")
    assert "password" not in second
    assert first["key"] not in second.values()
    assert User.objects.get().check_password("a long enough password")


def test_a_name_of_somebody_else_is_not_made_an_administrator() -> None:
    User.objects.create_user("asha")
    with pytest.raises(CommandError, match="no active administrator"):
        first_admin("--username", "asha")


def test_a_weak_password_is_refused() -> None:
    with pytest.raises(CommandError, match="too short"):
        first_admin("--username", "asha", "--password", "short")
    assert not User.objects.exists()
