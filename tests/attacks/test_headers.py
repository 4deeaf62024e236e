"""Attack 23: a script that got into a page runs, a page is shown in a frame, a cookie goes out in clear."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from dialer.embedded.stack import HOST
from tests.attacks.server import Server

PROJECT = Path(__file__).resolve().parents[2]
LISTS = sorted(
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
)
OTHERS = ["/admin/", "/admin/login/", "/admin/password_change/", "/api/v1/docs/", "/api/v1/campaigns/"]


class Scripts(HTMLParser):
    """Gathers what a strict policy refuses: scripts in the page without its nonce, and handlers in attributes."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce, self.refused = nonce, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        is_code = tag == "script" and given.get("type") not in ("application/json", "text/template")
        if is_code and not given.get("src") and given.get("nonce") != self.nonce:
            self.refused.append(str(self.get_starttag_text()))
        self.refused += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.refused += [f"{tag} {value}" for value in given.values() if value and value.startswith("javascript:")]


def policy_of(header: str) -> dict[str, set[str]]:
    """Return the policy's directives."""
    parts = [part.split() for part in header.split(";")]
    return {name: set(values) for name, *values in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*OTHERS, *LISTS])
def test_attack_23_only_scripts_of_ours_run_and_no_page_is_framed(path: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    reply = client.get(path)
    assert reply.status_code in (200, 302)
    policy = policy_of(reply["Content-Security-Policy"])
    assert not policy["script-src"] & {"'unsafe-inline'", "*", "https:", "http:", "data:"}
    assert {policy[name].pop() for name in ("default-src", "base-uri", "object-src", "frame-ancestors")} == {"'none'"}
    assert policy["form-action"] == {"'self'"}
    nonce = next((word[7:-1] for word in policy["script-src"] if word.startswith("'nonce-")), "none was asked for")
    scripts = Scripts(nonce)
    scripts.feed(reply.content.decode())
    assert scripts.refused == []
    assert (reply["X-Frame-Options"], reply["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert reply["Referrer-Policy"] == reply["Cross-Origin-Opener-Policy"] == "same-origin"


def test_attack_23_what_the_real_process_sends_has_it_too(server: Server) -> None:
    for path in ("/admin/login/", "/api/v1/campaigns/", "/nowhere/"):
        _, reply = server.ask("GET", path)
        assert re.search("(?i)content-security-policy: .*default-src 'none'", reply), path


@pytest.mark.django_db
def test_attack_23_cookies_are_out_of_reach_of_scripts_and_of_other_sites(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    User.objects.create_superuser("olga", password="a-long-new-password-51")
    client = Client()
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "olga", "password": "a-long-new-password-51"})
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax"), cookie.key


def deployed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python as on a machine that was set up by the example, with keys of its own."""
    example = dict(re.findall(r"^([A-Z_]+)=(.+)$", (PROJECT / ".env.example").read_text(), re.M))
    made = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "DIALER_ENCRYPTION_KEYS")}
    given = {
        **example,
        **made,
        "DATABASE_URL": "postgresql://dialer:x@127.0.0.1:1/dialer",
        "REDIS_URL": "redis://:x@127.0.0.1:1/0",
        "PATH": "/usr/bin",
        **environment,
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=given, capture_output=True, text=True, check=False
    )


def test_attack_23_an_installation_set_up_by_the_example_has_nothing_to_be_warned_of() -> None:
    checked = deployed("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr.strip()) == (0, ""), checked.stderr


READ_COOKIES = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "dialer.settings"
django.setup()
from django.conf import settings
print(settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS)
"""


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "True True 3600"),
        ({"PUBLIC_BASE_URL": "http://127.0.0.1:8000"}, "False False 0"),
        ({"BEHIND_TLS_PROXY": "false"}, "False False 0"),
    ],
    ids=["an https address", "an http address", "said no"],
)
def test_attack_23_an_https_address_is_enough_to_be_strict(environment: dict[str, str], said: str) -> None:
    assert deployed("-c", READ_COOKIES, **environment).stdout.strip() == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "leads_away"),
    [("/admin/login/", True), ("/api/v1/campaigns/", True), ("/push/x/y/", False), ("/api/v1/health/", False)],
)
def test_attack_23_http_leads_to_https_but_for_what_a_redirect_would_lose(
    settings: Settings, path: str, leads_away: bool
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    reply = Client(headers={"host": HOST}).post(path)
    assert (reply.status_code == 301) is leads_away
