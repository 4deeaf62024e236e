"""Attack 10: passwords are guessed as fast as they are answered, and keys of the API are found in a stolen database."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from dialer.client_address import client_address
from dialer.sessions import SessionStore
from dialer.tasks import tidy_up
from tests.attacks.server import Server

PASSWORD = "a-long-password-71"
LOGIN = "/admin/login/"


@pytest.fixture
def olga(transactional_db: None) -> User:
    """Somebody who may log in."""
    return User.objects.create_superuser("olga", password=PASSWORD)


def log_in(server: Server, name: str, password: str) -> tuple[int, str]:
    """Log in over HTTP as a browser does."""
    _, page = server.ask("GET", LOGIN)
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    cookie = re.findall(r"csrftoken=(\w+)", page)[0]
    body = f"csrfmiddlewaretoken={token}&username={name}&password={password}&next=/admin/".encode()
    kind = "application/x-www-form-urlencoded"
    return server.ask("POST", LOGIN, body, Content_Type=kind, Cookie=f"csrftoken={cookie}")


def test_attack_10_sixty_wrong_passwords_are_not_all_answered_and_are_logged(server: Server, olga: User) -> None:
    said = [log_in(server, "olga", f"guess-{number}")[0] for number in range(6)]
    assert said == [200, 200, 200, 200, 429, 429]
    status, page = log_in(server, "olga", PASSWORD)
    assert status == 429, "nor is the right one taken now"
    assert "15 minutes" in page
    assert "axes_reset_username" in page
    lines = [line for line in server.logged().splitlines() if "log-in failed" in line and "olga" in line]
    assert len(lines) == 5, "the ones after the lock would fill the log"
    assert "is_locked=True" in lines[-1]
    assert "127.0.0.1" in lines[-1]
    assert "guess-" not in server.logged()
    AccessAttempt.objects.all().delete()
    assert log_in(server, "olga", PASSWORD)[0] == 302


@pytest.fixture
def browser(settings: Settings, db: None) -> Client:
    """A browser behind one proxy, with passwords that are compared quickly."""
    settings.DIALER_PROXIES = 1
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_superuser("olga", password=PASSWORD)
    return Client()


def tried(browser: Client, name: str, password: str, address: str, *, agent: str = "x") -> int:
    form = {"username": name, "password": password, "next": "/admin/"}
    headers = {"x-forwarded-for": f"10.9.9.9, {address}", "user-agent": agent}
    return browser.post(LOGIN, form, headers=headers).status_code


def test_attack_10_neither_a_made_up_address_nor_another_browser_helps(browser: Client) -> None:
    said = [tried(browser, "olga", "wrong", "203.0.113.7", agent=f"agent {number}") for number in range(6)]
    assert said[-2:] == [429, 429]
    assert tried(browser, "olga", PASSWORD, "203.0.113.8") == 302, "elsewhere she is not locked out"


def test_attack_10_many_names_from_one_address_are_limited(browser: Client) -> None:
    said = [tried(browser, f"name-{number}", "wrong", "203.0.113.7") for number in range(21)]
    assert said[:19] == [200] * 19
    assert said[20] == 429
    rows = AccessAttempt.objects.count()
    assert tried(browser, "another", "wrong", "203.0.113.7") == 429
    assert AccessAttempt.objects.count() == rows, "what is refused is not written down"


@pytest.mark.parametrize("name", ["n" * 5000, "ol'ga\"; DROP", "नाम", "+919812345678"])
def test_attack_10_odd_names_are_wrong_and_no_fault(browser: Client, name: str) -> None:
    assert tried(browser, name, "wrong", "not an address at all") == 200


def test_attack_10_a_superuser_lets_somebody_in_and_old_rows_go(browser: Client) -> None:
    for _ in range(5):
        tried(browser, "olga", "wrong", "203.0.113.7")
    owner = Client()
    owner.force_login(User.objects.create_superuser("root"))
    page = owner.get("/admin/axes/accessattempt/").content.decode()
    assert "203.0.113.7" in page
    row = AccessAttempt.objects.get()
    assert "wrong" not in row.post_data
    assert "csrf" not in row.post_data or "****" in row.post_data
    assert owner.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert tried(browser, "olga", PASSWORD, "203.0.113.7") == 302


@pytest.mark.django_db(transaction=True)
def test_attack_10_rows_that_count_no_more_go_by_themselves() -> None:
    for name, minutes in (("old", 16), ("new", 1)):
        row = AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=datetime.now(UTC) - timedelta(minutes=minutes))
    over = SessionStore()
    over.set_expiry(-60)
    over.create()
    tidy_up()
    assert [row.username for row in AccessAttempt.objects.all()] == ["new"]
    assert not Session.objects.exists()


SENT = st.lists(st.sampled_from(["1.1.1.1", "::1", "x", "", "[2001:db8::2]:77"]), max_size=3)


@given(sent=SENT, proxies=st.integers(1, 2))
def test_attack_10_only_what_our_proxies_saw_is_believed(sent: list[str], proxies: int) -> None:
    ours = [f"198.51.100.{number}:5{number}" for number in range(proxies)]
    header = ", ".join([*sent, *ours])
    request = RequestFactory().get("/", headers={"x-forwarded-for": header}, REMOTE_ADDR="10.0.0.1")
    with override_settings(DIALER_PROXIES=proxies):
        assert client_address(request) == "198.51.100.0"
    with override_settings(DIALER_PROXIES=0):
        assert client_address(request) == "10.0.0.1"


def test_attack_10_wrong_keys_are_counted_and_nothing_is_written(server: Server, olga: User) -> None:
    wrong = f"dlr_abcdefgh_{'x' * 43}"
    said: list[Any] = [server.ask("GET", "/api/v1/accounts/", Authorization=f"Bearer {wrong}") for _ in range(22)]
    assert [status for status, _ in said] == [401] * 20 + [429] * 2
    assert "retry-after: " in said[-1][1].lower()
    assert json.loads(said[-1][1].split("\r\n\r\n")[-1])["error"]["code"] == "throttled"
    lines = [line for line in server.logged().splitlines() if "wrong api key" in line]
    assert len(lines) == 21
    assert wrong not in server.logged()
