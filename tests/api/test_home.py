"""The doubt over REST: it is shown with what may be missing, and ended by whoever may operate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.lifecycle.heartbeat import judge
from dialer.models import Installation, Switchboard
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db

OPERATOR = ("dialer.view_switchboard", "dialer.change_switchboard", "dialer.change_installation")


@pytest.fixture(autouse=True)
def doubt() -> None:
    """A running campaign with a live call, and a gap of an hour."""
    campaign = made.campaign(state="RUNNING", name="Reminders")
    made.attempt(made.lead(campaign, number="+919812345678", state="DIALING"), state="RINGING")
    Installation.objects.update_or_create(pk=1)
    judge()
    past = datetime.now(UTC) - timedelta(hours=1)
    Installation.objects.filter(pk=1).update(seen_at=past, good_until=past, unknown_references=3, unknown_at=past)
    judge()


def test_the_switchboard_shows_what_differs_and_is_not_turned_on_over_it(client_for: ClientFor) -> None:
    operator = client_for(*OPERATOR)
    board = operator.get(f"{API}/switchboard/").json()
    home = board["home"]
    assert (board["dialing_allowed"], home["is_in_doubt"], home["live_attempts"]) == (False, True, 1)
    assert home["running_campaigns"] == ["Reminders"]
    assert home["unknown_references"] == 3
    assert [one["what"] for one in home["differences"]] == ["last at work"]
    refused = operator.post(f"{API}/switchboard/", {"dialing_allowed": True})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "may_be_a_copy")


def test_the_doubt_that_was_shown_is_confirmed_by_whoever_may_operate(client_for: ClientFor) -> None:
    operator, reader = client_for(*OPERATOR), client_for("dialer.view_switchboard")
    since = reader.get(f"{API}/switchboard/").json()["home"]["doubt_since"]
    body = {"doubt_since": since}
    assert reader.post(f"{API}/switchboard/confirm-home/", body).status_code == 403
    assert operator.post(f"{API}/switchboard/confirm-home/", {}).status_code == 400
    other = operator.post(f"{API}/switchboard/confirm-home/", {"doubt_since": "2026-01-01T00:00:00Z"})
    assert other.status_code == 409
    assert not Switchboard.objects.get().dialing_allowed
    confirmed = operator.post(f"{API}/switchboard/confirm-home/", body).json()
    assert (confirmed["dialing_allowed"], confirmed["home"]["is_in_doubt"]) == (True, False)
    assert confirmed["home"]["unknown_references"] == 0
    assert operator.post(f"{API}/switchboard/confirm-home/", body).status_code == 409
