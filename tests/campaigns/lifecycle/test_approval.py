"""A campaign speaks no text that its provider does not approve, and gives no call to an agent who has lapsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from campaigns.lifecycle.approval import approval_problems, template_warnings
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.operations import start_campaign
from campaigns.models import CallTemplate, Campaign, CampaignNotice
from campaigns.states.campaigns import UnableToOperate
from dialer import providers
from dialer.models import ItemKind, SyncedItem
from tests.admin.conftest import owner
from tests.admin.posted import change, problems
from tests.api.conftest import API, ClientFor, client_for
from tests.campaigns.world import NOON, account, agent, campaign, claimed

__all__ = ["client_for", "owner"]
pytestmark = pytest.mark.django_db


def speaking(**fields: Any) -> Campaign:
    """Return a campaign at IVR Solutions that speaks the text ``due``."""
    made = campaign(account(provider="ivrsolutions"), **fields)
    template = CallTemplate.objects.create(
        name="Due", provider="ivrsolutions", action="SPEAK_TEXT", options={"template_name": "due"}
    )
    Campaign.objects.filter(pk=made.pk).update(template=template)
    return Campaign.objects.get(pk=made.pk)


def listed(made: Campaign, status: str, **fields: Any) -> None:
    """Have the account's provider list the text with a status."""
    values = {"name": "due", "status": status, "seen_at": NOON, "is_gone": False, **fields}
    SyncedItem.objects.update_or_create(account=made.account, kind="TEXT_TEMPLATE", external_id="7", defaults=values)


@pytest.mark.parametrize(
    ("status", "fields", "refused"),
    [
        ("pending", {}, "waiting for approval"),
        ("Rejected", {}, "rejected"),
        ("approved", {"is_gone": True}, "no longer listed"),
        ("approved", {}, ""),
        ("some new word", {}, ""),
    ],
)
def test_a_text_is_spoken_as_the_provider_says(status: str, fields: dict[str, Any], refused: str) -> None:
    made = speaking(state="DRAFT")
    assert approval_problems(campaign=made) == [], "what was never read holds nobody back"
    listed(made, status, **fields)
    running = Campaign.objects.filter(pk=made.pk)
    if refused:
        with pytest.raises(UnableToOperate, match=f"not approved at .* \\({refused}\\)"):
            start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    running.update(state="RUNNING", state_changed_at=NOON)
    assert watch_campaigns(now=NOON + timedelta(minutes=1)) == ([made.pk] if refused else [])
    assert CampaignNotice.objects.filter(kind="TEMPLATE_NOT_APPROVED").count() == bool(refused)


def test_another_template_of_the_same_name_that_is_approved_is_enough() -> None:
    made = speaking(state="RUNNING", state_changed_at=NOON)
    listed(made, "approved", is_gone=True)
    SyncedItem.objects.create(
        account=made.account, kind="TEXT_TEMPLATE", external_id="8", name="due", status="approved", seen_at=NOON
    )
    assert watch_campaigns(now=NOON + timedelta(minutes=1)) == []
    assert approval_problems(campaign=made) == []


def test_the_second_accounts_provider_is_asked_too() -> None:
    made = speaking(state="DRAFT")
    second = account(provider="ivrsolutions")
    Campaign.objects.filter(pk=made.pk).update(fallback_account=second)
    made = Campaign.objects.get(pk=made.pk)
    SyncedItem.objects.create(
        account=second, kind="TEXT_TEMPLATE", external_id="8", name="due", status="pending", seen_at=NOON
    )
    (problem,) = approval_problems(campaign=made)
    assert f"at {second.name} " in problem


def test_a_rejected_text_is_refused_when_a_campaign_is_saved_and_a_waiting_one_at_its_start(
    client_for: ClientFor,
) -> None:
    made = speaking(state="DRAFT")
    keeper = client_for("campaigns.change_campaign", "campaigns.view_campaign")
    url, body = f"{API}/campaigns/{made.pk}/", {"template": made.template_id}
    listed(made, "pending")
    assert keeper.patch(url, body).status_code == 200
    assert keeper.post(f"{url}start/").json()["error"]["code"] == "not_ready"
    listed(made, "rejected")
    refused = keeper.patch(url, body)
    assert (refused.status_code, refused.json()["error"]["fields"][0]["field"]) == (400, "template")
    assert keeper.patch(url, {"weight": 2}).status_code == 200, "other fields can be changed still"


def test_the_form_warns_of_a_text_that_waits_and_refuses_a_rejected_one_at_its_field(owner: Client) -> None:
    made = speaking(state="DRAFT")
    listed(made, "pending")
    saved = change(owner, made)
    assert saved.status_code == 302, problems(saved)
    said = " ".join(map(str, get_messages(saved.wsgi_request)))  # type: ignore[attr-defined]
    assert "It cannot call yet. The text template due is not approved" in said
    listed(made, "rejected")
    assert "(rejected)" in problems(change(owner, made))["template"]


@pytest.mark.parametrize(
    "lapsed",
    [
        {"is_disabled_there": True},
        {"expires_at": NOON},
        {"expires_there_at": NOON - timedelta(days=1)},
        {"expires_at": NOON + timedelta(days=1), "expires_there_at": NOON},
    ],
)
def test_an_agent_who_has_lapsed_is_given_no_call(lapsed: dict[str, Any]) -> None:
    at = account(provider="intellicall")
    made = campaign(at, agents=[agent(at, **lapsed)], leads=3)
    assert claimed(at).reserved == []
    Campaign.objects.filter(pk=made.pk).update(state="DRAFT")
    with pytest.raises(UnableToOperate, match="None of its agents can take calls"):
        start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    Campaign.objects.filter(pk=made.pk).update(state="RUNNING")
    lasting = agent(at, expires_at=NOON + timedelta(days=1))
    made.agents.add(lasting)
    (call,) = claimed(at).reserved
    assert call.agent == ("USERNAME", lasting.address)


def test_an_option_that_was_not_read_is_warned_of_and_taken(client_for: ClientFor, owner: Client) -> None:
    at = account(provider="ivrsolutions")
    keeper = client_for("campaigns.add_calltemplate", "campaigns.view_calltemplate")
    body = {"name": "Flow", "provider": "ivrsolutions", "action": "PLAY_FLOW", "options": {"flow_id": "1001"}}
    made = keeper.post(f"{API}/templates/", body).json()
    assert made["warnings"] == [], "nothing was read yet: there is nothing to compare with"
    SyncedItem.objects.create(account=at, kind="CALL_FLOW", external_id="1002", name="Welcome", seen_at=NOON)
    (warning,) = keeper.get(f"{API}/templates/{made['id']}/").json()["warnings"]
    assert warning.startswith("Call flow 1001 is not among what was read")
    template = CallTemplate.objects.get()
    page = owner.get(f"/admin/campaigns/calltemplate/{template.pk}/change/").content.decode()
    assert f'<option value="1002">Welcome (1002) · {at.name}</option>' in page
    assert '<option value="1001" selected>1001 (not among what was read)</option>' in page
    template.options = {"flow_id": "1002"}
    assert template_warnings(template=template) == []


def test_every_option_that_is_picked_names_a_kind_that_is_read() -> None:
    fields = [one for slug in providers.slugs() for of in providers.get(slug).option_fields.values() for one in of]
    picked = {one.picks for one in fields if one.picks}
    assert picked
    assert picked <= set(ItemKind.values)
