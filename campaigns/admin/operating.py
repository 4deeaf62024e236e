"""Starting, pausing, resuming and stopping campaigns from the admin: buttons on the page, and actions of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from campaigns.acts import OPERATE
from campaigns.lifecycle import operations
from campaigns.models import Campaign, CampaignState
from campaigns.states.campaigns import UnableToOperate
from dialer.admin.base import NoBulkDelete
from dialer.admin.choosing import carried_on, chosen_ids, summed_up
from dialer.admin.ruled import action, own_view

#: How many calls in flight are named one by one.
NAMED = 10


NOT_STARTED = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something that can be done to a campaign. ``asks``: only after a page that says what will happen."""

    name: str
    label: str
    done: str
    states: frozenset[CampaignState]
    tone: str = ""
    asks: bool = False


VERBS = {
    verb.name: verb
    for verb in (
        Verb(name="start", label="Start", done="Started.", states=NOT_STARTED, tone="primary"),
        Verb(
            name="pause",
            label="Pause",
            done="Paused.",
            states=frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED}),
        ),
        Verb(name="resume", label="Resume", done="Resumed.", states=frozenset({CampaignState.PAUSED}), tone="primary"),
        Verb(
            name="stop",
            label="Stop",
            done="Stopped.",
            states=frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED}),
            tone="danger",
            asks=True,
        ),
    )
}


class CampaignOperations(NoBulkDelete):
    """Mixin of the campaign pages: who may change campaigns may operate them."""

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
        if request.method == "POST":
            summed_up(request, run(request, campaign, VERBS[verb], reason=request.POST.get("reason", "").strip()[:200]))
            return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[pk]))
        return self._ask(request, [campaign], VERBS[verb])

    def _ask(self, request: HttpRequest, campaigns: list[Campaign], verb: Verb) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.label} {campaigns[0].name if len(campaigns) == 1 else f'{len(campaigns)} campaigns'}?",
            "opts": Campaign._meta,
            "campaigns": campaigns,
            "verb": verb,
            **(carried_on(campaign.pk for campaign in campaigns) if chosen_ids(request) else {}),
            "back": reverse("admin:campaigns_campaign_changelist"),
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
        """Start the selected campaigns."""
        return self._each(request, queryset, VERBS["start"])

    @action(description="Pause", act=OPERATE)
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Pause the selected campaigns."""
        return self._each(request, queryset, VERBS["pause"])

    @action(description="Resume", act=OPERATE)
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Resume the selected campaigns."""
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
    for sentence in getattr(result, "unconfirmed", ()):
        yield messages.WARNING, f"{campaign.name}: {sentence}"


def in_flight(done: str, attempt_ids: list[int]) -> str:
    """Return ``done`` with the calls that are still in flight: they end by themselves."""
    if not attempt_ids:
        return f"{done} No call is in flight."
    named = ", ".join(f"#{attempt_id}" for attempt_id in attempt_ids[:NAMED])
    more = f" and {len(attempt_ids) - NAMED} more" if len(attempt_ids) > NAMED else ""
    calls = "1 call" if len(attempt_ids) == 1 else f"{len(attempt_ids)} calls"
    return format_html("{} {} in flight: {}{}. No new call starts.", done, calls, named, more)
