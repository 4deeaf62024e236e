"""The page of a campaign is tabs, each with an address of its own; above them stand its state and what can be done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from campaigns.acts import CHANGE_CAMPAIGNS, CLONE, EXPORT, OPERATE, PREFLIGHT, REHEARSE, SEE_CALLS, SEE_LEADS
from campaigns.admin.verbs import VERBS
from campaigns.explaining.pauses import paused_itself
from campaigns.models import Campaign, Rehearsal
from dialer.models import Switchboard

LIVE, PEOPLE, CALLS, RESULTS, SET_UP, LOG = TABS = ("live", "people", "calls", "results", "set-up", "log")
LABELS = dict(zip(TABS, ("Live", "People", "Calls", "Results", "Set-up", "Log"), strict=True))


def address_of_tab(campaign_id: int, tab: str) -> str:
    """Return the address of a tab, fit to be copied. People and calls are the lists of all, of this campaign alone."""
    if tab in (PEOPLE, CALLS):
        rows = reverse(f"admin:campaigns_{'lead' if tab == PEOPLE else 'attempt'}_changelist")
        return f"{rows}?campaign__id__exact={campaign_id}"
    name = {LIVE: "live", RESULTS: "results", SET_UP: "set_up", LOG: "history"}[tab]
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign_id])


def tabs_of(campaign_id: int, *, user: Any, now_on: str) -> list[dict[str, Any]]:
    """Return the tabs that the user may see."""
    may = {PEOPLE: SEE_LEADS.may(user), CALLS: SEE_CALLS.may(user)}
    return [
        {"label": LABELS[tab], "url": address_of_tab(campaign_id, tab), "is_now": tab == now_on}
        for tab in TABS
        if may.get(tab, True)
    ]


def state_of(campaign: Campaign) -> dict[str, Any]:
    """Return what the head says of a campaign's state; one that paused itself has a colour of its own."""
    itself = paused_itself(campaign)
    return {
        "state": campaign.state,
        "state_label": "Paused itself" if itself else campaign.get_state_display(),
        "tone": "ITSELF" if itself else campaign.state,
        "state_reason": campaign.state_reason,
    }


def acts_of(request: HttpRequest, *, state: str, sandboxed: int | None) -> dict[str, Any]:
    """Return what the user may do with a campaign in this state: the row of acts in its head.

    ``sandboxed``: the id of one in the sandbox, which is not rehearsed itself.
    """
    may_operate = OPERATE.may(request.user)
    return {
        "verbs": [verb for verb in VERBS.values() if may_operate and state in verb.states],
        "may_clone": CLONE.may(request.user),
        "may_step": CHANGE_CAMPAIGNS.may(request.user),
        "may_export": EXPORT.may(request.user),
        "may_preflight": PREFLIGHT.may(request.user),
        "may_rehearse": REHEARSE.may(request.user) and sandboxed is None,
        "in_sandbox": sandboxed is not None,
        "is_rehearsal": sandboxed is not None and Rehearsal.objects.filter(campaign=sandboxed).exists(),
    }


def head_of(request: HttpRequest, campaign: Campaign, *, tab: str) -> dict[str, Any]:
    """Return what the head of a tab needs: its tabs, the state, and the acts."""
    return {
        "campaign": campaign,
        "object": campaign,
        "campaign_id": campaign.pk,
        "tabs": tabs_of(campaign.pk, user=request.user, now_on=tab),
        "head": state_of(campaign),
        "dialing_allowed": not Switchboard.objects.filter(dialing_allowed=False).exists(),
        **acts_of(request, state=campaign.state, sandboxed=campaign.pk if campaign.in_sandbox else None),
    }


def tab_page(request: HttpRequest, campaign: Campaign, *, tab: str) -> dict[str, Any]:
    """Return the context of a tab that is a page of our own."""
    return {
        **admin.site.each_context(request),
        **head_of(request, campaign, tab=tab),
        "title": f"{campaign.name} · {LABELS[tab]}",
        "opts": Campaign._meta,
        "original": campaign,
    }
