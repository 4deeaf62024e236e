"""Failed log-ins by REST: a superuser sees who is locked out, and lets him in again."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests.api.conftest import API, ClientFor


@pytest.mark.django_db
def test_a_superuser_lets_somebody_in_again(api: APIClient, client_for: ClientFor) -> None:
    User.objects.create_superuser("olga", password="a-long-password")
    login, browser = reverse("admin:login"), Client()
    right = {"username": "olga", "password": "a-long-password", "next": "/admin/"}
    for _ in range(5):
        browser.post(login, {**right, "password": "wrong"})
    assert browser.post(login, right).status_code == 429
    (found,) = api.get(f"{API}/failed-logins/?username=olga").json()["results"]
    assert (found["failures"], found["is_locked"], found["ip_address"]) == (5, True, "127.0.0.1")
    everything_else = client_for("axes.view_accessattempt", "axes.delete_accessattempt")
    assert everything_else.delete(f"{API}/failed-logins/{found['id']}/").status_code == 403
    assert api.delete(f"{API}/failed-logins/{found['id']}/").status_code == 204
    assert not AccessAttempt.objects.exists()
    assert browser.post(login, right).status_code == 302
