"""What is not there, forbidden or failed says so in the house's style, names what was to be done, and leads back."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django.fixtures import Settings

from tests.admin import builders

pytestmark = pytest.mark.django_db
FROM = {"HTTP_REFERER": "http://testserver/admin/campaigns/campaign/"}


def _fails(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns: list[Any] = [path("fails/", _fails), path("", include("dialer.urls"))]
handler500 = "dialer.serving.error_pages.failed"


def said(reply: Any) -> str:
    text = str(reply.content.decode())
    assert 'href="/admin/"' in text, "there is a way back"
    return text


def test_what_may_not_be_done_is_named_with_who_may(viewer: Client) -> None:
    campaign = builders.campaign(builders.account())
    reply = viewer.post(f"/admin/campaigns/campaign/{campaign.pk}/operate/stop/", {}, **FROM)  # type: ignore[arg-type]
    assert reply.status_code == 403
    text = said(reply)
    assert "Start, pause, resume and stop campaigns: managers and administrators may." in text
    assert 'href="http://testserver/admin/campaigns/campaign/"' in text
    assert "nav-sidebar" in text, "the menu is there"
    elsewhere = viewer.get("/admin/auth/group/", HTTP_REFERER="https://evil.example/")
    assert elsewhere.status_code == 403
    assert "evil.example" not in said(elsewhere)


def test_what_is_not_there(owner: Client) -> None:
    reply = owner.get("/admin/campaigns/nothing/7/")
    assert (reply.status_code, "Nothing is here" in said(reply)) == (404, True)
    stranger = Client().get("/nothing/")
    assert (stranger.status_code, "Nothing is here" in said(stranger)) == (404, True)


def test_a_form_from_before_the_log_in() -> None:
    client = Client(enforce_csrf_checks=True)
    reply = client.post("/admin/login/", {"username": "x"})
    assert (reply.status_code, "Send this form again" in said(reply)) == (403, True)


def test_what_failed_says_that_it_may_have_been_done(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    reply = Client(raise_request_exception=False).get("/fails/")
    assert (reply.status_code, "look before you do it again" in said(reply)) == (500, True)


def test_what_an_act_says_is_shown_on_whatever_page_comes_next(owner: Client) -> None:
    """A message that waits is shown on home too, and once."""
    builders.house()
    for at in ("/admin/", "/admin/campaigns/campaign/", "/admin/dialer/switchboard/", "/admin/dialer/auditentry/"):
        owner.post("/admin/campaigns/campaign/", {"action": "pause_selected", "index": "0"})
        assert owner.get(at).content.decode().count("Items must be selected") == 1, at
