"""The card of first steps on home: each step is a button that does it, or leads to where it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.acts import EXPORT, REHEARSE, UPLOAD
from campaigns.admin.exports import export_reply
from campaigns.admin.rehearsing import LAST_PART
from campaigns.exports.wanted import Wanted
from campaigns.models import Attempt, CallTemplate, Campaign, FirstSteps
from campaigns.rehearsing.carrying import NoCarrier, wait_for_carrier
from campaigns.rehearsing.first_steps import STEPS, answered_call, dismiss, shown_steps, take_step
from campaigns.states.campaigns import UnableToOperate
from dialer.acts import of
from dialer.admin.pages import part
from dialer.admin.ruled import own_view, refuse_unless

DISMISS, PHONE = "dismiss", "admin/campaigns/phone.html"
PART = "admin/campaigns/phone_part.html"
#: Rights that a step asks for besides those of the walk.
_BESIDES = {"list": UPLOAD, "template": of(CallTemplate, "add"), "export": EXPORT}


def first_steps(request: HttpRequest) -> dict[str, Any]:
    """Return what the card shows, for those who may walk."""
    if not REHEARSE.may(request.user):
        return {}
    steps = shown_steps()
    return {"first_steps": steps, "is_walked": bool(steps) and all(step.is_done for step in steps)}


def first_steps_urls() -> list[URLPattern]:
    """Return the addresses of the steps."""
    return [
        path("walk/phone/", own_view(phone_page, act=REHEARSE), name="campaigns_campaign_phone"),
        path("walk/<slug:step>/", own_view(require_POST(walk), act=REHEARSE), name="campaigns_campaign_walk"),
    ]


def walk(request: HttpRequest, step: str) -> HttpResponseBase:
    """Take a step, and lead to where it is seen."""
    if step == DISMISS:
        dismiss()
        said = "The first steps are put away. Accounts by which nobody is called: Accounts → Provider accounts."
        messages.info(request, said)
        return redirect("admin:index")
    if step not in {one.name for one in STEPS}:
        raise Http404
    if step == "start":
        return _start()
    if step in _BESIDES:
        refuse_unless(_BESIDES[step], request)
    try:
        taken = take_step(step, by=request.user.get_username(), now=timezone.now())
    except UnableToOperate as problem:
        messages.error(request, str(problem))
        return redirect("admin:index")
    return _after(request, step, taken)


def _start() -> HttpResponse:
    found = FirstSteps.objects.select_related("campaign").first()
    if found is None or found.campaign is None:
        return redirect("admin:index")
    return redirect("admin:campaigns_campaign_operate", found.campaign.pk, "start")


def _after(request: HttpRequest, step: str, taken: FirstSteps) -> HttpResponseBase:
    """Lead to where a step is seen; home shows its tick."""
    campaign = taken.campaign
    if step == "ring":
        return redirect("admin:campaigns_campaign_phone")
    if campaign is not None and step == "preflight":
        return redirect("admin:campaigns_campaign_preflight", campaign.pk)
    if campaign is not None and step == "watch":
        return redirect("admin:campaigns_campaign_live", campaign.pk)
    if campaign is not None and step == "export":
        return export_reply(request, Wanted(of_ids=(campaign.pk,)))
    if step == "call" and (call := answered_call(taken)) is not None:
        return redirect("admin:campaigns_attempt_change", call.pk)
    if step == "account" and taken.account is not None:
        try:
            wait_for_carrier(account=taken.account)
        except NoCarrier as problem:
            messages.warning(request, str(problem))
    return redirect("admin:index")


def phone_page(request: HttpRequest) -> HttpResponse:
    """Show the simulated phone, and what the call to it does."""
    found = FirstSteps.objects.select_related("phone__campaign").first()
    if found is None or found.phone is None:
        return redirect("admin:index")
    call = Attempt.objects.filter(lead=found.phone).order_by("-id").first()
    context: dict[str, Any] = {"lead": found.phone, "call": call, "by": found.phone.campaign.account.api.name}
    if "part" in request.GET:
        return part(request, PART, context, status=LAST_PART if call and call.ended_at else 200)
    context |= {"title": "Your phone, simulated", "opts": Campaign._meta}
    return render(request, PHONE, {**admin.site.each_context(request), **context})
