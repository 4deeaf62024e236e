"""Attack 1: somebody has a copy of the database and no key of the installation."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from tests.campaigns.world import account


@pytest.mark.django_db
def test_attack_1_a_copy_of_the_database_logs_nobody_in_and_pushes_nothing() -> None:
    owner = account()
    vera = User.objects.create_user("vera", password="a-long-password-71", is_staff=True)
    vera.user_permissions.add(Permission.objects.get(codename="view_provideraccount"))
    browser = Client()
    browser.force_login(vera)
    cookie = browser.cookies["sessionid"].value
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, ' ') FROM django_session s")
        (sessions,) = cursor.fetchone()
        cursor.execute("SELECT string_agg(a::text, ' ') FROM dialer_provideraccount a")
        (accounts,) = cursor.fetchone()
    assert cookie not in sessions
    assert owner.push_token not in accounts
    thief = Client()
    for stolen in sessions.strip("()").split(","):
        thief.cookies["sessionid"] = stolen
        assert thief.get("/admin/dialer/provideraccount/").status_code == 302
    page = browser.get(f"/admin/dialer/provideraccount/{owner.pk}/change/")
    assert page.status_code == 200
    assert owner.push_token not in page.content.decode()
    assert owner.push_token_hash not in page.content.decode()
    browser.logout()
    browser.cookies["sessionid"] = cookie
    assert browser.get("/admin/").status_code == 302, "logging out ends the session"
