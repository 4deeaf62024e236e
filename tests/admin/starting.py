"""Starting a campaign as a person does: by the page that says whom it would call."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign


def start_address(campaign: Campaign) -> str:
    """Return the address of the page."""
    return reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "start"])


def shown_on(page: str) -> list[str]:
    """Return what the form of the page hands back of what it has shown."""
    return [unescape(token) for token in re.findall(r'name="shown" value="([^"]+)"', page)]


def start(client: Client, campaign: Campaign, **fields: Any) -> HttpResponse:
    """Look at the page, tick the box, press the button."""
    address = start_address(campaign)
    shown = shown_on(client.get(address).content.decode())
    reply: Any = client.post(address, {"shown": shown, "sure": "on", **fields})
    campaign.refresh_from_db()
    return reply  # type: ignore[no-any-return]
