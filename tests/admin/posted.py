"""What forms of the admin are sent in tests, and what they refuse."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from tests.admin.builders import API_KEY, PUSH_TOKEN

ACCOUNT = {
    "name": "Bots",
    "provider": "voxcore",
    "is_active": "on",
    "base_url": "https://voxcore.example",
    "voxcore__credentials__api_key": API_KEY,
    "voxcore__credentials__push_token": PUSH_TOKEN,
    "voxcore__settings__dialout_path": "/api/v1/dialout",
    "time_zone": "Asia/Kolkata",
    "max_live_calls": "20",
    "max_call_seconds": "3600",
    "poll_after_seconds": "60",
    "reply_timeout_seconds": "20",
    "uses_fleet_bound": "on",
    "fleet_lag_seconds": "5",
    "fleet_poll_seconds": "0.5",
}
NO_INLINES = {
    f"{name}-{part}": "0" for name in ("dids", "agents") for part in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")
}

CAMPAIGN_INLINES = ("notices", "runs")


def problems(reply: Any) -> dict[str, str]:
    """Return the errors of a form that was refused, by field."""
    errors = reply.context["adminform"].form.errors
    return {name: " ".join(texts) for name, texts in errors.items()}


def campaign_form(campaign: Campaign, **changes: object) -> dict[str, object]:
    """Return what the browser sends for ``campaign``."""
    return {
        "name": campaign.name,
        "account": campaign.account_id,
        "runs_on": campaign.runs_on,
        "template": campaign.template_id,
        "contact_lists": [one.pk for one in campaign.contact_lists.all()],
        "dids": [one.pk for one in campaign.dids.all()],
        "time_zone": "Asia/Kolkata",
        "windows-0-days": list("1234567"),
        "windows-0-opens": "09:00",
        "windows-0-closes": "18:00",
        "weight": "1",
        "max_attempts": "3",
        "hours_follow": campaign.hours_follow,
        "did_rotation": campaign.did_rotation,
        "opt_out_words": "",
        "callback_words": "",
        "callback_after_seconds": "1 h",
        "pause_window_seconds": "2 min",
        "pause_minimum_calls": "20",
        **{f"{name}-{part}": "0" for name in CAMPAIGN_INLINES for part in ("TOTAL_FORMS", "INITIAL_FORMS")},
        **changes,
    }


def change(client: Client, campaign: Campaign, **changes: object) -> HttpResponse:
    """Send the campaign's form."""
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    return client.post(address, campaign_form(campaign, **changes))  # type: ignore[return-value]
