"""The lists of leads and of calls are tabs of a campaign, while they show the rows of one campaign alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from campaigns.acts import SAVE_FILTERS
from campaigns.admin.tabs import CALLS, LABELS, PEOPLE, address_of_tab, head_of
from campaigns.models import Campaign, FilteredRows, SavedFilter, filter_of_address

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: So many saved filters are offered.
MOST_SAVED = 30
_ROWS = {PEOPLE: FilteredRows.PEOPLE, CALLS: FilteredRows.CALLS}
_OF_ONE = "campaign__id__exact"


def campaign_of(request: HttpRequest) -> Campaign | None:
    """Return the campaign whose rows alone an address shows; None where it shows others too."""
    given = request.GET.get(_OF_ONE, "")
    if not given.isdecimal() or len(given) > 18:
        return None
    return Campaign.objects.filter(pk=int(given)).first()


class TabList(_Admin):
    """Mixin of such a list; ``tab``: which tab it is."""

    tab = ""
    list_before_template = "admin/campaigns/list_of_campaign.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, under the tabs of the campaign that it is of."""
        campaign = campaign_of(request)
        if campaign is None or not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        head = head_of(request, campaign, tab=self.tab)
        title = f"{campaign.name} · {LABELS[self.tab]}"
        return super().changelist_view(
            request, {**(extra_context or {}), **head, "title": title, **self.besides(request, campaign)}
        )

    def besides(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        """Return what the tab shows besides its rows: the filters that are ready, and the way to save this one."""
        rows = _ROWS[self.tab]
        base = address_of_tab(campaign.pk, self.tab)
        now_on = filter_of_address(rows, request.GET.dict())
        saved = SavedFilter.objects.filter(rows=rows)[:MOST_SAVED]
        chips = [*self.ready_filters(campaign), *((one.name, one.query, None) for one in saved)]
        known = {query for _, query, _ in chips}
        add = urlencode({"rows": rows, "query": now_on})
        return {
            "chips": [
                {"label": label, "count": count, "url": f"{base}&{query}" if query else base, "is_now": query == now_on}
                for label, query, count in chips
                if count != 0 or query == now_on
            ],
            "save_filter": f"{reverse('admin:campaigns_savedfilter_add')}?{add}"
            if now_on and now_on not in known and SAVE_FILTERS.may(request.user)
            else "",
        }

    def ready_filters(self, campaign: Campaign) -> list[tuple[str, str, int | None]]:
        """Return the filters that every campaign has: their labels, what they ask, and how many rows they find."""
        return []
