"""Rows that no form would have let in (another release, a shell, SQL): both faces show them and say what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import CallTemplate, Campaign
from dialer.models import ProviderAccount
from tests.admin import builders
from tests.admin.conftest import owner
from tests.admin.posted import campaign_form, problems
from tests.api.conftest import API
from tests.api.test_errors import error_of

__all__ = ["owner"]
pytestmark = pytest.mark.django_db

ODD_TEMPLATES: list[tuple[dict[str, Any], str, str]] = [
    ({"action": "DANCE"}, "action", "VoxCore cannot do DANCE; it can do: VOICE_BOT"),
    ({"action": "SPEAK_TEXT"}, "action", "VoxCore cannot do SPEAK_TEXT"),
    ({"action": ""}, "action", "blank"),
    ({"options": ["bot_id"]}, "options", "Enter a JSON object."),
    ({"options": "b-1"}, "options", "Enter a JSON object."),
    ({"options": {"bot": "b-1"}}, "options", "bot: unknown"),
    ({"variables": ["name"]}, "variables", "Enter a JSON object of names"),
    ({"variables": {"customer": 5}}, "variables", "Enter a JSON object of names"),
]


def stored(changes: dict[str, Any]) -> Campaign:
    """Return a campaign whose template has these values, past every check."""
    campaign = builders.campaign(builders.account())
    CallTemplate.objects.filter(pk=campaign.template_id).update(**changes)
    return Campaign.objects.get(pk=campaign.pk)


@pytest.mark.parametrize(("changes", "field", "words"), ODD_TEMPLATES, ids=str)
def test_a_campaign_with_an_odd_template_is_refused_at_its_template_by_both_faces(
    changes: dict[str, Any], field: str, words: str, api: APIClient, owner: Client
) -> None:
    campaign = stored(changes)
    address = f"{API}/campaigns/{campaign.pk}/"
    assert api.get(address).status_code == 200
    refused = error_of(api.patch(address, {"weight": 2}), 400)["fields"]
    assert [one["field"] for one in refused] == ["template"]
    assert words in refused[0]["message"]
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert owner.get(page).status_code == 200
    assert words in problems(owner.post(page, campaign_form(campaign)))["template"]
    error = error_of(api.post(f"{address}start/"), 409)
    assert words in error["message"]
    assert api.get(f"{address}preflight/").status_code == 200
    assert api.post(f"{address}preflight/", {"contacts": []}, format="json").status_code == 200
    assert api.get(f"{address}explanation/").status_code == 200


@pytest.mark.parametrize(("changes", "field", "words"), ODD_TEMPLATES, ids=str)
def test_an_odd_template_is_shown_and_says_at_its_field_what_is_wrong(
    changes: dict[str, Any], field: str, words: str, api: APIClient, owner: Client
) -> None:
    template = stored(changes).template
    address = f"{API}/templates/{template.pk}/"
    assert api.get(address).status_code == 200
    assert api.get(f"{API}/templates/").status_code == 200
    refused = error_of(api.patch(address, {"name": "Renamed"}), 400)["fields"]
    assert {one["field"] for one in refused} == {field}
    assert words in str(refused)
    page = reverse("admin:campaigns_calltemplate_change", args=[template.pk])
    assert owner.get(page).status_code == 200
    form = {"name": "Renamed", "provider": "voxcore", "action": "VOICE_BOT", "voxcore__VOICE_BOT__bot_id": "b-1"}
    mended = owner.post(page, {**form, "variables": "", "max_ring_seconds": "30", "approval": "NOT_NEEDED"})
    assert mended.status_code == 302
    assert CallTemplate.objects.get(pk=template.pk).problem == ""


def test_an_account_at_a_provider_that_is_not_there_is_said_at_the_campaigns_account(
    api: APIClient, owner: Client
) -> None:
    campaign = builders.campaign(builders.account(), runs_on="PROVIDER")
    ProviderAccount.objects.update(provider="gone")
    CallTemplate.objects.update(provider="gone")
    address = f"{API}/campaigns/{campaign.pk}/"
    refused = error_of(api.patch(address, {"weight": 2}), 400)["fields"]
    assert "There is no provider 'gone'" in next(one["message"] for one in refused if one["field"] == "account")
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert owner.get(page).status_code == 200
    assert "There is no provider 'gone'" in problems(owner.post(page, campaign_form(campaign)))["account"]
    assert "There is no provider 'gone'" in error_of(api.post(f"{address}start/"), 409)["message"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"retry_rules": ["BUSY"]}, "retry_rules"),
        ({"retry_rules": {"BUSY": "soon"}}, "retry_rules"),
        ({"caps": {"calls": 3}}, "caps"),
        ({"caps": ["three"]}, "caps"),
        ({"blackout_dates": "2026-12-24"}, "blackout_dates"),
        ({"blackout_dates": [24]}, "blackout_dates"),
        ({"opt_out_words": {"stop": 1}}, "opt_out_words"),
        ({"callback_words": [5]}, "callback_words"),
        ({"time_zone": "Nowhere/City"}, "time_zone"),
        ({"run_cron": "every day"}, "run_cron"),
    ],
    ids=str,
)
def test_an_odd_campaign_is_shown_and_says_at_its_field_what_is_wrong(
    changes: dict[str, Any], field: str, api: APIClient, owner: Client
) -> None:
    campaign = stored({})
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    address = f"{API}/campaigns/{campaign.pk}/"
    assert api.get(address).status_code == 200
    refused = error_of(api.patch(address, {"weight": 2}), 400)["fields"]
    assert field in {one["field"] for one in refused}
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert owner.get(page).status_code == 200
    assert owner.post(page, campaign_form(Campaign.objects.get(pk=campaign.pk), run_cron="")).status_code == 302
