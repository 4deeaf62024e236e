"""The doubt on the page of the switchboard: what differs and may be missing is read before anything is confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.lifecycle.heartbeat import judge
from campaigns.lifecycle.home import report_clock
from dialer.home.allowing import is_dialing_allowed
from dialer.models import Installation
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db

PAGE = "admin:dialer_switchboard_changelist"


@pytest.fixture(autouse=True)
def doubt() -> None:
    """A running campaign, and a gap of an hour."""
    campaign(account())
    Installation.objects.update_or_create(pk=1)
    judge()
    past = datetime.now(UTC) - timedelta(hours=1)
    Installation.objects.filter(pk=1).update(seen_at=past, good_until=past)
    judge()


def since() -> str:
    found = Installation.objects.get().doubt_since
    assert found is not None
    return found.isoformat()


def test_the_page_shows_the_doubt_and_its_button_ends_it(owner: Client) -> None:
    page = owner.get(reverse(PAGE)).content.decode()
    assert "may be a copy" in page
    assert "last at work" in page
    assert since() in page
    assert 'name="allowed"' not in page  # the ordinary switch is no way round
    owner.post(reverse(PAGE), {"doubt_since": since(), "only_one": "on", "allow_dialing": "on"})
    assert is_dialing_allowed()
    assert "may be a copy" not in owner.get(reverse(PAGE)).content.decode()


@pytest.mark.parametrize(
    "posted",
    [
        {"allowed": "True", "sure": "on"},
        {"only_one": "on", "doubt_since": "2026-01-01T00:00:00+00:00"},
        {"only_one": "on", "doubt_since": "yesterday"},
        {"doubt_since": "now"},
    ],
)
def test_nothing_else_ends_it(owner: Client, posted: dict[str, str]) -> None:
    page = owner.post(reverse(PAGE), posted, follow=True)
    assert not is_dialing_allowed()
    assert "may be a copy" in page.content.decode()


def test_a_viewer_sees_it_and_cannot_end_it(viewer: Client) -> None:
    assert "may be a copy" in viewer.get(reverse(PAGE)).content.decode()
    assert viewer.post(reverse(PAGE), {"doubt_since": since(), "only_one": "on"}).status_code == 403
    assert not is_dialing_allowed()


def test_a_wrong_clock_is_on_the_page(owner: Client) -> None:
    report_clock(worker="w1", seconds_ahead=-12.0, now=datetime.now(UTC))
    assert "w1 places nothing" in owner.get(reverse(PAGE)).content.decode()
