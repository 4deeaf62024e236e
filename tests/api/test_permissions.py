"""Who may do what."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from dialer.models import Switchboard
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db

READ = ("campaigns.view_campaign", "campaigns.view_lead", "campaigns.view_attempt", "dialer.view_provideraccount")


def test_a_reader_sees_a_campaign_and_starts_pauses_and_changes_nothing(client_for: ClientFor) -> None:
    campaign = made.campaign()
    made.lead(campaign, number="+919812345678")
    reader = client_for(*READ)
    path = f"{API}/campaigns/{campaign.pk}"
    assert reader.get(f"{path}/").status_code == 200
    assert reader.get(f"{path}/progress/").json()["leads_total"] == 1
    for operation in ("start", "pause", "resume", "stop", "leads"):
        assert reader.post(f"{path}/{operation}/").status_code == 403
    assert reader.patch(f"{path}/", {"name": "Mine"}).status_code == 403
    assert reader.delete(f"{path}/").status_code == 403
    assert reader.post(f"{API}/switchboard/", {"dialing_allowed": False}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == "DRAFT"


def test_whoever_may_change_campaigns_operates_them(client_for: ClientFor) -> None:
    campaign = made.campaign()
    made.lead(campaign, number="+919812345678")
    operator = client_for("campaigns.view_campaign", "campaigns.change_campaign")
    started = operator.post(f"{API}/campaigns/{campaign.pk}/start/")
    assert (started.status_code, started.json()["state"]) == (200, "RUNNING")
    paused = operator.post(f"{API}/campaigns/{campaign.pk}/pause/", {"reason": "lunch"}).json()
    assert paused["state"] == "PAUSED"
    assert "lunch" in paused["state_reason"]


def test_calls_under_way_are_listed_when_a_campaign_is_paused(client_for: ClientFor) -> None:
    campaign = made.campaign(state="RUNNING")
    ringing = made.attempt(made.lead(campaign, number="+919812345678", state="DIALING"), state="RINGING")
    made.attempt(made.lead(campaign, number="+919812345679"))
    operator = client_for("campaigns.view_campaign", "campaigns.change_campaign")
    assert operator.post(f"{API}/campaigns/{campaign.pk}/pause/").json()["in_flight"] == [ringing.pk]


def test_the_kill_switch_has_a_right_of_its_own(client_for: ClientFor) -> None:
    manager = client_for("campaigns.change_campaign", "dialer.view_switchboard")
    assert manager.post(f"{API}/switchboard/", {"dialing_allowed": False}).status_code == 403
    operator = client_for("dialer.change_switchboard", "dialer.view_switchboard")
    assert operator.get(f"{API}/switchboard/").json()["dialing_allowed"] is True
    reply = operator.post(f"{API}/switchboard/", {"dialing_allowed": False, "reason": "Complaint"})
    assert reply.json()["dialing_allowed"] is False
    switch = Switchboard.objects.get()
    assert (switch.dialing_allowed, switch.reason) == (False, "Complaint")
    assert switch.changed_by


def test_every_address_but_health_and_the_document_asks_for_a_permission(client_for: ClientFor) -> None:
    nobody = client_for()
    for path in (
        "accounts", "providers", "dids", "agents", "lists", "imports", "contacts", "templates", "suppression-lists",
        "campaigns", "leads", "attempts", "events", "switchboard",
    ):  # fmt: skip
        assert nobody.get(f"{API}/{path}/").status_code == 403, path
    assert nobody.get(f"{API}/health/").status_code == 200


def test_uploading_needs_the_permission_to_add_contacts(client_for: ClientFor) -> None:
    contact_list = made.campaign().contact_lists.get()
    body = {"rows": [{"phone": "+919812345678"}]}
    path = f"{API}/lists/{contact_list.pk}/upload/"
    assert client_for("campaigns.add_contactlist", "campaigns.view_contactlist").post(path, body).status_code == 403
    assert client_for("campaigns.add_contact").post(path, body).status_code == 201
    assert Campaign.objects.get().leads.count() == 0
