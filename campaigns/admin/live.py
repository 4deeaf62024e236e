"""The first tab of a campaign: how far it is, how fast, who holds its lines, and what goes wrong. Its parts renew
themselves; a page that nobody sees asks nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.acts import SEE_CALLS, SEE_CAMPAIGNS, SEE_LEADS, WORK_LEADS
from campaigns.admin.tabs import CALLS, LIVE, PEOPLE, acts_of, address_of_tab, tab_page
from campaigns.admin.why import why
from campaigns.explaining.calls_by_time import calls_by_minute
from campaigns.explaining.did_use import read_did_use
from campaigns.explaining.errors_lately import LATEST_CALLS, read_errors
from campaigns.explaining.line_owners import Owner
from campaigns.explaining.live_now import MOST_COUNTED, LiveNow, read_live
from campaigns.models import Attempt, Campaign, CampaignState, LeadState
from dialer.admin.pages import part
from dialer.admin.ruled import own_view
from dialer.providers.vocabulary import in_words
from dialer.reader import at_clocks

DAY = timedelta(days=1)
#: So many of the last calls are shown.
LAST_CALLS = 10
#: When a campaign that does not run calls those that are due.
_ONCE = {
    CampaignState.PAUSED: "once resumed",
    CampaignState.DRAFT: "once started",
    CampaignState.SCHEDULED: "once started",
}


def live_urls() -> list[URLPattern]:
    """Return the addresses of the tab and its parts."""
    views = {"live": (live_page, ""), "live_now": (now_view, "now/"), "live_lately": (lately_view, "lately/")}
    views["live_chart"] = (chart_view, "chart/")
    return [
        path(f"<int:pk>/live/{end}", own_view(view, act=SEE_CAMPAIGNS), name=f"campaigns_campaign_{name}")
        for name, (view, end) in views.items()
    ]


def live_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the tab, with its parts as they are now."""
    campaign = get_object_or_404(Campaign.objects.select_related("account", "template"), pk=pk)
    context = tab_page(request, campaign, tab=LIVE) | now_part(request, pk) | lately_part(request, pk) | why(campaign)
    return render(request, "admin/campaigns/live.html", context)


def now_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the state, the bar, the figures and the gauge."""
    return part(request, "admin/campaigns/live_now.html", now_part(request, pk))


def lately_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with what goes wrong, the DIDs and the last calls."""
    return part(request, "admin/campaigns/live_lately.html", lately_part(request, pk))


def chart_view(request: HttpRequest, pk: int) -> JsonResponse:
    """Answer with the ended calls of the last hour by outcome and minute."""
    with connection.cursor() as cursor:
        response = JsonResponse(calls_by_minute(cursor, campaign_id=pk, now=timezone.now()))
    response["Cache-Control"] = "no-store"
    return response


def now_part(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Return what the first part shows. Raises Http404."""
    now = timezone.now()
    with connection.cursor() as cursor:
        live = read_live(cursor, campaign_id=pk, now=now)
    if live is None:
        raise Http404
    one, people, calls = live.one, address_of_tab(pk, PEOPLE), address_of_tab(pk, CALLS)
    totals = one.counts.totals
    return {
        "campaign_id": pk,
        "live": live,
        "one": one,
        "head": {
            "state": one.state,
            "state_label": "Paused itself" if one.paused_itself else one.state.label,
            "tone": one.tone.upper(),
            "state_reason": one.state_reason,
        },
        "dialing_allowed": live.dialing_allowed,
        "people": people,
        "calls": calls,
        "may_see_leads": SEE_LEADS.may(request.user),
        "may_see_calls": SEE_CALLS.may(request.user),
        "leads": [
            {"key": str(state), "label": state.label, "count": count, "percent": 100 * count / max(one.counts.leads, 1),
             "url": f"{people}&state__exact={state}"}
            for state in LeadState
            if (count := totals.leads_by_state.get(state, 0))
        ],
        "outcomes": [
            {"key": outcome, "label": in_words(outcome), "count": count, "url": f"{calls}&outcome__exact={outcome}"}
            for outcome, count in sorted(totals.attempts_by_outcome.items(), key=lambda pair: -pair[1])
        ],
        "owners": _owners(live, calls),
        "next_due": next_due(live),
        "time_left": time_left(live),
        "counted_up_to": MOST_COUNTED,
        "as_of": now,
        **acts_of(request, state=one.state, sandboxed=one.id if one.is_rehearsal else None),
    }  # fmt: skip


#: Of these a state tells the rows; of the others the list of what is under way has them.
_STATES = {Owner.TALKING: "ANSWERED", Owner.RESERVED: "RESERVED"}


def _owners(live: LiveNow, calls: str) -> list[dict[str, Any]]:
    """Return the parts of the gauge: the lines that are taken, by whom."""
    most = max(live.live_limit or 0, live.lines.calls, 1)
    words = live.lines.words(zone=live.one.time_zone, now=live.one.now)
    return [
        {"key": str(owner), "label": words[owner], "count": count, "percent": 100 * count / most,
         "url": f"{calls}&live=1" + (f"&state__exact={_STATES[owner]}" if owner in _STATES else "")}
        for owner in Owner
        if (count := live.lines.counts.get(owner, 0))
    ]  # fmt: skip


def next_due(live: LiveNow) -> str:
    """Return when the next lead is due, in words. What does not run calls nobody, whatever is due."""
    one, waiting = live.one, live.one.counts.waiting
    if one.state != CampaignState.RUNNING:
        return _ONCE.get(one.state, "–")
    if waiting.due:
        return "now"
    return at_clocks(waiting.next_due_at, zone=one.time_zone, now=one.now) if waiting.next_due_at else "–"


def time_left(live: LiveNow) -> str:
    """Return how long it goes on at this pace, in words; empty where that cannot be told."""
    until = live.one.done_about
    if until is None:
        return ""
    minutes = max(1, round((until - live.one.now).total_seconds() / 60))
    if minutes < 90:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


def lately_part(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Return what goes wrong, the DIDs and the last calls. Raises Http404."""
    now = timezone.now()
    campaign = get_object_or_404(Campaign, pk=pk)
    may_see_calls = SEE_CALLS.may(request.user)
    with connection.cursor() as cursor:
        use = read_did_use(cursor, campaign_id=pk, now=now)
        errors = read_errors(cursor, campaign_id=pk) if may_see_calls else ()
    last = Attempt.objects.filter(campaign_id=pk).select_related("did").order_by("-id")
    lengths = ("talk_seconds", "duration_seconds")
    last = last.only("number", "state", "outcome", "disposition", *lengths, "reserved_at", "ended_at", "did__number")
    return {
        "campaign": campaign,
        "calls": address_of_tab(pk, CALLS),
        "may_see_calls": may_see_calls,
        # What was stopped calls nobody again.
        "may_work_leads": WORK_LEADS.may(request.user) and campaign.state != CampaignState.STOPPED,
        "use": [(did, _at(campaign, did.resting_until, now)) for did in use.dids],
        "more_dids": use.more,
        "since_yesterday": f"reserved_at_from_0={now - DAY:%Y-%m-%d}&reserved_at_from_1={now - DAY:%H:%M:%S}",
        "errors": [(one, _at(campaign, one.since_at, now), _cure_at(campaign, one.where)) for one in errors],
        "latest_calls": f"{LATEST_CALLS:,}",
        "last_calls": [
            (one, _at(campaign, one.reserved_at, now)) for one in (last[:LAST_CALLS] if may_see_calls else ())
        ],
    }


def _at(campaign: Campaign, instant: Any, now: Any) -> str:
    return at_clocks(instant, zone=campaign.time_zone, now=now) if instant is not None else ""


def _cure_at(campaign: Campaign, where: str) -> tuple[str, str] | None:
    pages = {
        "account": ("dialer_provideraccount_change", campaign.account_id, "The account"),
        "template": ("campaigns_calltemplate_change", campaign.template_id, "The template"),
        "set-up": ("campaigns_campaign_change", campaign.pk, "Edit the campaign"),
    }
    if where not in pages:
        return None
    name, pk, words = pages[where]
    return reverse(f"admin:{name}", args=[pk]), words
