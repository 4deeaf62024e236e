"""Django's debug pages show no secret and no whole number, although they show every variable."""

from __future__ import annotations

import html
import uuid
from typing import Any

import pytest
from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.debug import technical_500_response
from pytest_django.fixtures import Settings

from dialer.models import ProviderAccount

# Made here, as the page shows the lines of code around an error.
SECRET, NUMBER = "".join(("s3", "cret")), "".join(("98765", "43210"))
SECRETS = (SECRET, NUMBER, "".join(("pa55", "word")), "".join(("t0", "ken")))


def failing(request: HttpRequest) -> HttpResponse:
    """Fail with numbers and secrets in variables, in the message, and in what was sent."""
    body = bytes(request.body)
    headers = {"Authorization": f"Bearer {SECRET}"}
    rows: list[dict[str, Any]] = [{"api_key": SECRET, "to": f"+91{NUMBER}", "n": 1234}]
    account = ProviderAccount(name=f"Sales +91{NUMBER}", credentials={"a": SECRET})
    number = int(f"91{NUMBER}")
    raise ValueError(f"Key (number)=(+{number}) already exists", account, rows, headers, body)


@pytest.fixture
def page(settings: Settings) -> str:
    settings.DEBUG = True
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://:pa55word@redis/0"
    settings.DATABASE_URL = "postgresql://dialer:pa55word@db/dialer"
    request = RequestFactory().post(
        f"/push/{uuid.uuid4()}/t0ken/?api_key=s3cret",
        "number=%2B91+98765+43210&password=pa55word",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": "Token t0ken", "Cookie": "sessionid=s3cret", "X-Pbx-Signature": "s3cret"},
    )
    try:
        failing(request)
    except ValueError as error:
        return _text(technical_500_response(request, type(error), error, error.__traceback__))
    raise AssertionError


def _text(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def test_a_debug_page_hides_secrets_and_numbers(page: str) -> None:
    for secret in (*SECRETS, "98765 43210"):
        assert secret not in page, page[max(0, page.find(secret) - 300) : page.find(secret) + 100]
    assert configured.SECRET_KEY not in page


def test_a_debug_page_still_shows_where_and_why(page: str) -> None:
    assert "in failing" in page
    assert "Key (number)=(+91…3210) already exists" in page
    assert "'n': 1234" in page
    assert "'to': '+91…3210'" in page
