"""The page before a start: whom it would call, when and from where, and what is missing. Nothing is started unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from campaigns.acts import CALL, PREFLIGHT, REHEARSE
from campaigns.admin.asking import OwnPhoneForm, form_for
from campaigns.admin.preflight import looked, to_look_at, usual
from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.explaining.preflight_runs import PreflightUnderWay, is_large, look
from campaigns.explaining.verdict import Verdict
from campaigns.models import Campaign, CampaignState, PreflightRun
from dialer.admin.choosing import carried_on

#: What a page has shown is good for a start for so long; afterwards it is looked at anew.
SHOWN_FOR_SECONDS = 30 * 60
#: So many campaigns are looked at on one page.
MOST_TOGETHER = 10
_SALT = "campaigns.start"
TONES = {Verdict.RED: "danger", Verdict.AMBER: "warning", Verdict.GREEN: "success"}
WORDS = {
    Verdict.RED: "Cannot start",
    Verdict.AMBER: "Look at this first",
    Verdict.GREEN: "Ready to start",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A campaign as a page shows it before its start. ``found`` empty: it has to be looked at on a page of its own."""

    campaign: Campaign
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Whether it can be started from here."""
        return Verdict(self.found["verdict"]) if self.found else Verdict.RED

    @property
    def tone(self) -> str:
        """The colour of its verdict."""
        return TONES[self.verdict]

    @property
    def word(self) -> str:
        """Its verdict in words."""
        return WORDS[self.verdict] if self.found else "Too large to be looked at here"

    @property
    def shown(self) -> str:
        """What the form hands back: signed, so that what was looked at is what is started. Empty where it cannot."""
        return "" if self.verdict == Verdict.RED else signing.dumps(_seen(self.campaign, self.verdict), salt=_SALT)


def _seen(campaign: Campaign, verdict: str) -> dict[str, Any]:
    changed = campaign.updated_at.isoformat()
    return {"campaign": campaign.pk, "changed": changed, "state": str(campaign.state), "verdict": str(verdict)}


def start_page(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show a campaign's verdict and plan, with the button that starts it."""
    campaign, now = to_look_at(campaign.pk), timezone.now()
    if campaign.state not in (CampaignState.DRAFT, CampaignState.SCHEDULED):
        messages.error(request, f"It is {campaign.get_state_display().lower()}: there is nothing to start.")
        return HttpResponseRedirect(address_of_tab(campaign.pk, LIVE))
    found = looked(request, campaign, usual(), now=now)
    if isinstance(found, HttpResponse):
        return found
    if "verdict" not in found:  # a run that was made before it came to one
        return HttpResponseRedirect(request.path)
    return render(
        request,
        "admin/campaigns/start.html",
        {
            **_of_page([Look(campaign=campaign, found=found)], now=now, title=f"Start {campaign.name}"),
            **admin.site.each_context(request),
            "ring_form": form_for(CALL, request, OwnPhoneForm),
            "may_see_contacts": PREFLIGHT.may(request.user),
            "back": address_of_tab(campaign.pk, LIVE),
            "in_sandbox": campaign.in_sandbox,
            "may_rehearse": REHEARSE.may(request.user) and not campaign.in_sandbox,
        },
    )


def start_together_page(request: HttpRequest, campaigns: Sequence[Campaign]) -> HttpResponse:
    """Show what is known of several campaigns before their start; those that are started are named in the form."""
    now = timezone.now()
    looks = [_look(request, to_look_at(one.pk), now) for one in campaigns]
    return render(
        request,
        "admin/campaigns/start.html",
        {
            **_of_page(looks, now=now, title=f"Start {len(looks)} campaigns"),
            **admin.site.each_context(request),
            **carried_on(look.campaign.pk for look in looks),
            "back": reverse("admin:campaigns_campaign_changelist"),
        },
    )


def _look(request: HttpRequest, campaign: Campaign, now: datetime) -> Look:
    if campaign.state not in (CampaignState.DRAFT, CampaignState.SCHEDULED) or is_large(campaign):
        return Look(campaign=campaign)
    user = request.user
    try:
        found = look(campaign=campaign, assumed=usual(), now=now, user_id=user.pk, by=user.get_username())
    except PreflightUnderWay:
        return Look(campaign=campaign)
    return Look(campaign=campaign) if isinstance(found, PreflightRun) else Look(campaign=campaign, found=found)


def _of_page(looks: list[Look], *, now: datetime, title: str) -> dict[str, Any]:
    ready = [look for look in looks if look.verdict != Verdict.RED]
    return {
        "title": title,
        "opts": Campaign._meta,
        "object": looks[0].campaign if len(looks) == 1 else None,
        "looks": looks,
        "look": looks[0] if len(looks) == 1 else None,
        "ready": ready,
        "asks": any(look.verdict == Verdict.AMBER for look in ready),
        "label": _label(ready, now=now),
        "as_of": now,
    }


def _label(ready: Sequence[Look], *, now: datetime) -> str:
    """Return what the button does: "Start calling 54 people"."""
    people = sum(look.found["callable"] for look in ready)
    whom = "1 person" if people == 1 else f"{people:,} people"
    where = f" in {len(ready)} campaigns" if len(ready) > 1 else ""
    later = all(look.campaign.run_cron or (look.campaign.starts_at or now) > now for look in ready)
    if later:
        return f"Schedule calls to {whom}{where}"
    return f"Start calling {whom}{where}" if people else f"Start{where}, and wait for leads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a form says was looked at. ``problems``: why nothing is started by it."""

    campaign_ids: frozenset[int]
    problems: tuple[str, ...]


def seen_in(request: HttpRequest, campaigns: Sequence[Campaign]) -> Seen:
    """Return which of these campaigns the form may start: those that its page has shown as they still are."""
    known = {campaign.pk: campaign for campaign in campaigns}
    seen, problems = set(), []
    for token in request.POST.getlist("shown"):
        shown = _read(token)
        campaign = known.get(shown.get("campaign", 0))
        if campaign is None or shown != _seen(campaign, shown["verdict"]):
            problems.append("It was changed, or looked at too long ago: look once more, then start.")
        elif shown["verdict"] == Verdict.AMBER and request.POST.get("sure") != "on":
            problems.append("Tick the box first: there is something that you should have seen.")
        else:
            seen.add(campaign.pk)
    if not seen and not problems:
        problems.append("Look at whom it would call before it is started.")
    return Seen(campaign_ids=frozenset(seen), problems=tuple(dict.fromkeys(problems)))


def _read(token: str) -> dict[str, Any]:
    try:
        read: dict[str, Any] = signing.loads(token, salt=_SALT, max_age=SHOWN_FOR_SECONDS)
    except signing.BadSignature:
        return {}
    return read


def told(problems: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Give problems as messages."""
    return ((messages.ERROR, problem) for problem in problems)
