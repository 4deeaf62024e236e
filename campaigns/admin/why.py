"""What holds a campaign back now: a part of its page, read anew when its state or what the workers see changes."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.acts import SEE_CAMPAIGNS
from campaigns.admin.explained import name_of
from campaigns.explaining.campaigns import explain
from campaigns.explaining.pauses import Pause, read_pause
from campaigns.models import OVER, Campaign
from dialer.admin.pages import part
from dialer.admin.ruled import own_view


def why_urls() -> list[URLPattern]:
    """Return the address of the part."""
    return [path("<int:pk>/why/", own_view(why_view, act=SEE_CAMPAIGNS), name="campaigns_campaign_why")]


def why_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with what holds it back now."""
    campaign = get_object_or_404(Campaign.objects.select_related("account", "fallback_account"), pk=pk)
    return part(request, "admin/campaigns/why.html", {**why(campaign), "original": campaign})


def why(campaign: Campaign) -> dict[str, Any]:
    """Return the limit that binds, and why it paused itself; nothing of what is over."""
    now = timezone.now()
    if campaign.state in OVER:
        return {}
    found = explain(campaign=campaign, now=now)
    with connection.cursor() as cursor:
        pause = read_pause(cursor, campaign=campaign)
    return {
        "campaign_explanation": found,
        "binding": name_of(found.limit),
        "pause": pause,
        "cure_at": _cure_at(campaign, pause),
    }


def _cure_at(campaign: Campaign, pause: Pause | None) -> tuple[str, str] | None:
    """Return the address of the cure and what its button says; None where it is on this page."""
    if pause is None:
        return None
    calls = f"{reverse('admin:campaigns_attempt_changelist')}?campaign__id__exact={campaign.pk}"
    account = reverse("admin:dialer_provideraccount_change", args=[campaign.account_id])
    template = reverse("admin:campaigns_calltemplate_change", args=[campaign.template_id])
    pages = {
        "account": (account, "Look at the account"),
        "template": (template, "Look at the template"),
        "calls": (calls, "See its calls"),
    }
    return pages.get(pause.where)
