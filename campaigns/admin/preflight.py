"""The page to look at before a campaign is started."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from campaigns.admin.attempts import pretty
from campaigns.explaining.assumed import AssumedSerializer
from campaigns.explaining.preflight import preflight
from campaigns.explaining.rendering import render as render_calls
from campaigns.models import Campaign
from campaigns.rules.campaign import read_rules

LABELS = {
    "talk_seconds": "Talk time (seconds)",
    "ring_seconds": "Ringing (seconds)",
    "answer_percent": "Answered (%)",
    "contacts": "Preview of contacts (ids)",
}
ASSUMED = {
    "talk_seconds": "talk time {:g} s",
    "ring_seconds": "ringing {:g} s",
    "answer_percent": "{:g} % answered",
    "lines": "{} lines",
    "calls_per_second": "{:g} calls a second",
    "calls_per_hour": "{} calls an hour",
    "calls_per_day": "{} calls a day",
}


def preflight_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom the campaign would call, what is missing and when it would be done, to those who may see contacts."""
    if not request.user.has_perms(["campaigns.view_campaign", "campaigns.view_contact"]):
        raise PermissionDenied
    campaign = get_object_or_404(Campaign.objects.select_related("account__gate", "template"), pk=pk)
    given = AssumedSerializer(data=request.GET.dict())
    defaults = AssumedSerializer(data={})
    defaults.is_valid(raise_exception=True)
    assumed = given.validated_data if given.is_valid() else defaults.validated_data
    now = timezone.now()
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[pk])[pk]
    contacts = [int(one) for one in request.GET.get("contacts", "").split(",") if one.strip().isdecimal()]
    found = preflight(campaign=campaign, now=now, **assumed).as_dict()
    context = {
        **admin.site.each_context(request),
        "title": f"Preflight of {campaign.name}",
        "opts": Campaign._meta,
        "campaign": campaign,
        "found": found,
        "assumed": [ASSUMED[name].format(value) for name, value in found["assumed"].items() if value is not None],
        "previews": [
            {**one, "shown_body": _body(one["request"]) if one.get("request") else ""}
            for one in render_calls(campaign=campaign, rules=rules, contact_ids=contacts[:20], now=now)
        ],
        "inputs": [
            *((name, LABELS[name], f"{value:g}") for name, value in assumed.items()),
            ("contacts", LABELS["contacts"], request.GET.get("contacts", "")),
        ],
        "wrong": [f"{LABELS[name]}: {' '.join(map(str, texts))}" for name, texts in given.errors.items()],
    }
    return render(request, "admin/campaigns/preflight.html", context)


def _body(request: dict[str, Any]) -> str:
    body = request["body"]
    return body if isinstance(body, str) else pretty(body)
