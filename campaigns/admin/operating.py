"""Starting, pausing, resuming and stopping campaigns from the admin: buttons on the page, and actions of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme

from campaigns.acts import OPERATE
from campaigns.admin.starting import MOST_TOGETHER, seen_in, start_page, start_together_page, told
from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.admin.verbs import VERBS, Verb
from campaigns.explaining.campaigns import MOST_COUNTED, due_leads
from campaigns.explaining.counts import read_counts
from campaigns.lifecycle import operations
from campaigns.models import Campaign
from campaigns.states.campaigns import UnableToOperate
from dialer.admin.base import NoBulkDelete
from dialer.admin.choosing import carried_on, chosen_ids, summed_up
from dialer.admin.ruled import action, own_view

#: How many calls in flight are named one by one.
NAMED = 10


class CampaignOperations(NoBulkDelete):
    """Mixin of the campaign pages: who may change campaigns may operate them."""

    most_at_once: ClassVar[Mapping[str, int]] = {"start_selected": MOST_TOGETHER}
    actions: tuple[str, ...] = ("start_selected", "pause_selected", "resume_selected", "stop_selected")

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the buttons."""
        view = own_view(self.operate, act=OPERATE)
        return [path("<int:pk>/operate/<slug:verb>/", view, name="campaigns_campaign_operate"), *super().get_urls()]

    def may_operate(self, request: HttpRequest) -> bool:
        """Return whether the user may start and stop campaigns."""
        return OPERATE.may(request.user)

    def operate(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Do it on POST and say what came of it; on GET ask."""
        campaign = get_object_or_404(Campaign, pk=pk)
        if verb not in VERBS:
            raise Http404
        if request.method != "POST":
            return start_page(request, campaign) if verb == "start" else self._ask(request, [campaign], VERBS[verb])
        if verb == "start" and (problems := seen_in(request, [campaign]).problems):
            summed_up(request, told(problems))
            return HttpResponseRedirect(request.path)
        summed_up(request, run(request, campaign, VERBS[verb], reason=request.POST.get("reason", "").strip()[:200]))
        return HttpResponseRedirect(where_next(request, campaign))

    def _ask(self, request: HttpRequest, campaigns: list[Campaign], verb: Verb) -> HttpResponse:
        one, came = campaigns[0] if len(campaigns) == 1 else None, came_from(request)
        home = address_of_tab(one.pk, LIVE) if one else reverse("admin:campaigns_campaign_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.label} {one.name if one else f'{len(campaigns)} campaigns'}?",
            "opts": Campaign._meta,
            "object": one,
            "campaigns": campaigns,
            "verb": verb,
            "due": due_in_words(campaigns) if verb.name == "resume" else "",
            "left": left_in_words(campaigns) if verb.name == "stop" else "",
            **(carried_on(campaign.pk for campaign in campaigns) if chosen_ids(request) else {}),
            "next": came if one else "",
            "back": came or home,
        }
        return render(request, "admin/campaigns/confirm.html", context)

    def _each(self, request: HttpRequest, queryset: QuerySet[Campaign], verb: Verb) -> HttpResponse | None:
        campaigns = list(queryset.order_by("id"))
        if verb.asks and "confirmed" not in request.POST:
            return self._ask(request, campaigns, verb)
        reason = request.POST.get("reason", "").strip()[:200]
        summed_up(request, (said for campaign in campaigns for said in run(request, campaign, verb, reason=reason)))
        return None

    @action(description="Start", act=OPERATE)
    def start_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Start the selected campaigns, once their page has shown whom they would call."""
        campaigns = list(queryset.order_by("id"))
        if "confirmed" not in request.POST:
            if len(campaigns) == 1:
                return redirect("admin:campaigns_campaign_operate", campaigns[0].pk, "start")
            return start_together_page(request, campaigns)
        seen = seen_in(request, campaigns)
        summed_up(request, told(seen.problems))
        those = [campaign for campaign in campaigns if campaign.pk in seen.campaign_ids]
        summed_up(request, (said for campaign in those for said in run(request, campaign, VERBS["start"])))
        return None

    @action(description="Pause", act=OPERATE)
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Pause the selected campaigns."""
        return self._each(request, queryset, VERBS["pause"])

    @action(description="Resume", act=OPERATE)
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Resume the selected campaigns, after saying how many leads are due."""
        return self._each(request, queryset, VERBS["resume"])

    @action(description="Stop for good", act=OPERATE)
    def stop_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Stop the selected campaigns, after asking."""
        return self._each(request, queryset, VERBS["stop"])


def run(request: HttpRequest, campaign: Campaign, verb: Verb, *, reason: str = "") -> Iterator[tuple[int, str]]:
    """Do ``verb`` and say what came of it: what was done and what is in flight, or what to do first."""
    function: Callable[..., Any] = getattr(operations, f"{verb.name}_campaign")
    extra = {"reason": reason} if verb.name in ("pause", "stop") else {}
    try:
        result = function(campaign_id=campaign.pk, now=timezone.now(), by=request.user.get_username(), **extra)
    except UnableToOperate as error:
        yield from ((messages.ERROR, f"{campaign.name}: {problem}") for problem in error.problems)
        return
    attempt_ids, done = getattr(result, "attempt_ids", None), f"{campaign.name}: {verb.done}"
    yield messages.SUCCESS, done if attempt_ids is None else in_flight(done, attempt_ids)
    if verb.name == "pause":
        yield messages.INFO, undo(request, campaign)
    for sentence in getattr(result, "unconfirmed", ()):
        yield messages.WARNING, f"{campaign.name}: {sentence}"


def undo(request: HttpRequest, campaign: Campaign) -> str:
    """Return a sentence with a button that takes a pause back."""
    return format_html(
        '{}: paused by mistake? <form method="post" action="{}" class="d-inline" data-once>'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="next" value="{}">'
        '<button type="submit" class="d-undo" aria-label="Undo the pause of {}">Undo</button></form>',
        campaign.name,
        reverse("admin:campaigns_campaign_operate", args=[campaign.pk, "resume"]),
        get_token(request),
        where_next(request, campaign),
        campaign.name,
    )


def where_next(request: HttpRequest, campaign: Campaign) -> str:
    """Return the page that a button leads to: the one that it asks for if it is of the admin, else the campaign's."""
    return _of_admin(request.POST.get("next", "")) or address_of_tab(campaign.pk, LIVE)


def came_from(request: HttpRequest) -> str:
    """Return the page of the admin that leads to a question, and back from it; empty where that is not known."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host() or referer.path == request.path:
        return ""
    return _of_admin(urlunsplit(("", "", referer.path, referer.query, "")))


def _of_admin(address: str) -> str:
    is_safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_safe and address.startswith(reverse("admin:index")) else ""


def due_in_words(campaigns: list[Campaign]) -> str:
    """Return how many leads of campaigns are due now."""
    counted = due_leads(most={one.pk: MOST_COUNTED for one in campaigns}, now=timezone.now())
    due = sum(counted[one.pk][0] for one in campaigns)
    more = "more than " if any(counted[one.pk][0] >= MOST_COUNTED for one in campaigns) else ""
    return f"{more}{due:,} {'lead is' if due == 1 else 'leads are'} due now"


def left_in_words(campaigns: list[Campaign]) -> str:
    """Return how many leads of campaigns a stop cancels; empty where none is left."""
    counts = read_counts(campaign_ids=[one.pk for one in campaigns], now=timezone.now())
    left = sum(one.open for one in counts.values())
    return f"{left:,} {'lead has' if left == 1 else 'leads have'} not ended yet" if left else ""


def in_flight(done: str, attempt_ids: list[int]) -> str:
    """Return ``done`` with the calls that are still in flight: they end by themselves."""
    if not attempt_ids:
        return f"{done} No call is in flight."
    named = ", ".join(f"#{attempt_id}" for attempt_id in attempt_ids[:NAMED])
    more = f" and {len(attempt_ids) - NAMED} more" if len(attempt_ids) > NAMED else ""
    calls = "1 call" if len(attempt_ids) == 1 else f"{len(attempt_ids)} calls"
    return format_html("{} {} in flight: {}{}. No new call starts.", done, calls, named, more)
