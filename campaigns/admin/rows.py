"""The list of campaigns: how far each is, how fast, until when, and what can be done with it. It renews itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from campaigns.acts import ARRANGE, CLONE, EXPORT, OPERATE, REHEARSE, SEE_CAMPAIGNS
from campaigns.admin.tabs import LIVE, address_of_tab
from campaigns.explaining.house_now import read_campaigns
from campaigns.lifecycle.arranging import AT_REST
from campaigns.models import OVER, Campaign, CampaignState
from dialer.admin.pages import part
from dialer.admin.ruled import own_view
from dialer.admin.times import in_my_zone
from dialer.admin.typed import ChangeList, ModelAdmin, display

if TYPE_CHECKING:
    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: The tabs above the list, each with the states of its campaigns.
TABS: dict[str, tuple[str, tuple[CampaignState, ...]]] = {
    "running": ("Running", (CampaignState.RUNNING,)),
    "paused": ("Paused", (CampaignState.PAUSED,)),
    "scheduled": ("Scheduled", (CampaignState.SCHEDULED,)),
    "drafts": ("Drafts", (CampaignState.DRAFT,)),
    "ended": ("Ended", OVER),
}
ARCHIVED = "archived"
#: The cells of a row that change by themselves.
CELLS = ("state", "progress", "pace", "ends", "acts")
#: A list has so many rows at most.
MOST_ROWS = 100


class Tab(DropdownFilter):  # type: ignore[misc]
    """Campaigns by what they do; without a choice all that are not archived."""

    title = "tab"
    parameter_name = "tab"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the tabs."""
        return [*((name, label) for name, (label, _) in TABS.items()), (ARCHIVED, "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        """Return the campaigns of a tab."""
        if self.value() == ARCHIVED:
            return queryset.filter(archived_at__isnull=False)
        shown = queryset.filter(archived_at=None)
        return shown.filter(state__in=TABS[self.value()][1]) if self.value() in TABS else shown


class Tagged(DropdownFilter):  # type: ignore[misc]
    """Campaigns with a tag."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the tags that there are."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT unnest(tags) FROM campaigns_campaign WHERE tags <> '{}' ORDER BY 1 LIMIT 100"
            )
            return [(tag, tag) for (tag,) in cursor.fetchall()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        """Return the campaigns with it."""
        return queryset.filter(tags__contains=[self.value()]) if self.value() else queryset


class CampaignChangeList(ChangeList):
    """The list, with what each campaign of the page does now."""

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of campaigns, then how far each is."""
        super().get_results(request)
        rows = list(self.result_list)
        cells = cells_of(request, [campaign.pk for campaign in rows])
        for campaign in rows:
            campaign.cells = cells[campaign.pk]
        self.result_list = rows


def cells_of(request: HttpRequest, campaign_ids: Sequence[int]) -> dict[int, dict[str, SafeString]]:
    """Return the cells of each campaign's row that change by themselves."""
    with connection.cursor() as cursor:
        found = read_campaigns(cursor, campaign_ids=campaign_ids, now=timezone.now())
    may = {
        "operate": OPERATE.may(request.user),
        "arrange": ARRANGE.may(request.user),
        "clone": CLONE.may(request.user),
        "rehearse": REHEARSE.may(request.user),
        "export": EXPORT.may(request.user),
    }
    return {
        pk: {
            cell: render_to_string(
                f"admin/campaigns/cells/{cell}.html", {"one": one, "may": may, "at_rest": one.state in AT_REST}
            )
            for cell in CELLS
        }
        for pk, one in found.items()
    }


class CampaignRows(_Admin):
    """Mixin of the campaigns' list: its columns, its tabs, and the address by which it renews itself."""

    list_display = ("name_cell", "state_cell", "progress_cell", "pace_cell", "ends_cell", "acts_cell")
    list_display_links = None
    list_before_template = "admin/campaigns/list_tabs.html"
    list_after_template = "admin/campaigns/list_poll.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Use the list that knows how far each is."""
        return CampaignChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list under its tabs."""
        tabs = [("", "All"), *((name, label) for name, (label, _) in TABS.items()), (ARCHIVED, "Archived")]
        return super().changelist_view(
            request, {**(extra_context or {}), "tabs": tabs, "tab": request.GET.get("tab", "")}
        )

    def row_urls(self) -> list[URLPattern]:
        """Return the address of the cells."""
        return [path("rows/", own_view(rows_view, act=SEE_CAMPAIGNS), name="campaigns_campaign_rows")]

    @display(description="Name", ordering="name")
    def name_cell(self, campaign: Campaign) -> SafeString:
        """Return the name, which leads to the first tab; below it the account, who made it, and its tags."""
        beside = " · ".join([campaign.account.name, *filter(None, [campaign.owner]), *campaign.tags])
        url = address_of_tab(campaign.pk, LIVE)
        return render_to_string("admin/campaigns/cells/name.html", {"campaign": campaign, "url": url, "beside": beside})

    @display(description="State", ordering="state")
    def state_cell(self, campaign: Any) -> SafeString:
        """Return the state."""
        return _cell(campaign, "state")

    @display(description="Leads ended")
    def progress_cell(self, campaign: Any) -> SafeString:
        """Return the bar and n of m, and how many of them were canceled."""
        return _cell(campaign, "progress")

    @display(description="Live, answered")
    def pace_cell(self, campaign: Any) -> SafeString:
        """Return live calls, calls a minute, and how many are answered."""
        return _cell(campaign, "pace")

    @display(description=in_my_zone("Started, ends"))
    def ends_cell(self, campaign: Any) -> SafeString:
        """Return when it started, and when it opens again, ends or ended."""
        return _cell(campaign, "ends")

    @display(description="")
    def acts_cell(self, campaign: Any) -> SafeString:
        """Return what can be done with it."""
        return _cell(campaign, "acts")


def _cell(campaign: Any, name: str) -> SafeString:
    return SafeString(f'<div id="c{campaign.pk}-{name}">{campaign.cells[name]}</div>')


def rows_view(request: HttpRequest) -> HttpResponse:
    """Answer with the cells of the rows that are asked for, each to take the place of the one on the page."""
    asked = [int(one) for one in request.GET.get("ids", "").split(",") if one.isdecimal() and len(one) <= 18]
    context = {"cells": cells_of(request, asked[:MOST_ROWS])}
    return part(request, "admin/campaigns/list_cells.html", context)
