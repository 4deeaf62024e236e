"""Attack 1: somebody has a copy of the database and no key of the installation."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import ContactList, ImportSource
from dialer.shown_addresses import shown_address
from tests.campaigns.world import account
from webhooks.models import Subscription


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


SECRET_URL = "https://hooks.example:8443/services/T0K3N?key=s3cret"


@pytest.mark.django_db
def test_attack_1_who_may_look_does_not_read_the_secrets_within_addresses() -> None:
    source = ImportSource.objects.create(
        name="CRM", location=SECRET_URL, contact_list=ContactList.objects.create(name="L", default_region="IN")
    )
    told = Subscription.objects.create(name="Hook", url=SECRET_URL)
    vera = User.objects.create_user("vera", is_staff=True)
    vera.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    root = User.objects.create_superuser("root")
    pages = [
        *(f"/admin/campaigns/importsource/{page}" for page in ("", f"{source.pk}/change/")),
        *(f"/admin/webhooks/subscription/{page}" for page in ("", f"{told.pk}/change/")),
        *(f"/api/v1/import-sources/{page}" for page in ("", f"{source.pk}/")),
        *(f"/api/v1/subscriptions/{page}" for page in ("", f"{told.pk}/")),
    ]
    seen = {}
    for user in (vera, root):
        browser = Client()
        browser.force_login(user)
        replies = [browser.get(page) for page in pages]
        assert {reply.status_code for reply in replies} == {200}
        seen[user.username] = [page for page, reply in zip(pages, replies, strict=True) if b"T0K3N" in reply.content]
    assert seen["vera"] == []
    assert len(seen["root"]) == 6, "all but the lists of the admin"


@given(
    path=st.text("abcXYZ019/-_", min_size=1, max_size=20).filter(lambda text: text.strip("/")),
    query=st.text("abc=&019", max_size=20),
)
def test_attack_1_of_an_address_the_host_is_shown_and_nothing_behind_it(path: str, query: str) -> None:
    shown = shown_address(f"https://h.example/{path}?{query}")
    assert shown == "https://h.example/…"
