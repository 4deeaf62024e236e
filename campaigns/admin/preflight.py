"""The page to look at before a campaign is started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from campaigns.admin.talk import pretty
from campaigns.explaining.assumed import AssumedSerializer
from campaigns.explaining.preflight import STEPS
from campaigns.explaining.preflight_runs import PreflightUnderWay, look, result_of
from campaigns.explaining.rendering import render as render_calls
from campaigns.models import Campaign, PreflightRun, PreflightState
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
    campaign = to_look_at(pk)
    given = AssumedSerializer(data=request.GET.dict())
    assumed = dict(given.validated_data) if given.is_valid() else usual()
    now = timezone.now()
    found = looked(request, campaign, assumed, now=now)
    if isinstance(found, HttpResponse):
        return found
    if "run" in request.GET:
        assumed = {name: found["assumed"][name] for name in assumed}
    with connection.cursor() as cursor:
        rules = read_rules(cursor, campaign_ids=[pk])[pk]
    contacts = [int(one) for one in request.GET.get("contacts", "").split(",") if one.strip().isdecimal()]
    context = {
        **admin.site.each_context(request),
        "title": f"Preflight of {campaign.name}",
        "opts": Campaign._meta,
        "object": campaign,
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


def to_look_at(pk: int) -> Campaign:
    """Return a campaign with all that a preflight reads of it. Raises Http404."""
    campaigns = Campaign.objects.select_related(
        "account__gate", "template", "fallback_account__gate", "fallback_template"
    )
    return get_object_or_404(campaigns, pk=pk)


def usual() -> dict[str, Any]:
    """Return what is assumed of people where nobody says otherwise."""
    defaults = AssumedSerializer(data={})
    defaults.is_valid(raise_exception=True)
    return dict(defaults.validated_data)


def looked(
    request: HttpRequest, campaign: Campaign, assumed: Mapping[str, Any], *, now: datetime
) -> dict[str, Any] | HttpResponse:
    """Return a preflight as plain values: made now, or by the run that the address names; else the page of waiting."""
    asked = request.GET.get("run", "")
    if asked.isdecimal():
        run = get_object_or_404(PreflightRun, pk=int(asked[:18]), campaign=campaign)
        if run.state != PreflightState.DONE:
            return _waiting(request, campaign, run, run.problem)
        # The page of waiting asks whether it is done: then it is read anew as a whole.
        return HttpResponse(headers={"HX-Refresh": "true"}) if "HX-Request" in request.headers else result_of(run)
    user = request.user
    try:
        made = look(campaign=campaign, assumed=assumed, now=now, user_id=user.pk, by=user.get_username())
    except PreflightUnderWay as error:
        return _waiting(request, campaign, error.run, str(error))
    if isinstance(made, PreflightRun):
        return redirect(f"{request.path}?{urlencode({**request.GET.dict(), 'run': made.pk})}")
    return made


def _waiting(request: HttpRequest, campaign: Campaign, run: PreflightRun | None, problem: str) -> HttpResponse:
    """Show how far a worker has come; the page asks again by itself unless it has failed."""
    context = {
        **admin.site.each_context(request),
        "title": f"Preflight of {campaign.name}",
        "opts": Campaign._meta,
        "object": campaign,
        "campaign": campaign,
        "run": run,
        "steps": len(STEPS),
        "problem": problem,
        "goes_on": not problem,
        "again": request.path,
    }
    return render(request, "admin/campaigns/preflight_waiting.html", context)


def _body(request: dict[str, Any]) -> str:
    body = request["body"]
    return body if isinstance(body, str) else pretty(body)
