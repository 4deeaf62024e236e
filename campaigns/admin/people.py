"""The people of a campaign: filters that are ready, and what is done to many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.acts import EXPORT, SUPPRESS, WORK_LEADS
from campaigns.admin.exports import export_reply
from campaigns.admin.suppression_forms import SuppressPeopleForm
from campaigns.admin.tab_lists import TabList
from campaigns.admin.tabs import PEOPLE
from campaigns.counting.totals import totals_of
from campaigns.exports.wanted import Wanted
from campaigns.leads.callbacks import set_callback
from campaigns.models import Campaign, Lead, LeadState
from campaigns.states import leads as lead_states
from campaigns.states.campaigns import UnableToOperate
from campaigns.suppression import suppress
from dialer.admin.choosing import carried_on, chosen_action, chosen_ids, summed_up
from dialer.admin.ruled import action
from dialer.admin.times import instant_field
from dialer.reader import at_clocks

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Of these each asks the rules by itself; more are taken over REST, a filter at a time.
MOST_CALLED = 1_000
_CONFIRMED = "confirmed"


class NothingForm(forms.Form):
    """Nothing is asked but whether it is meant."""


class WhenForm(forms.Form):
    """When to call many leads again."""

    at = instant_field("Call back at")
    note = forms.CharField(label="Note", required=False, max_length=200, widget=UnfoldAdminTextInputWidget())


class PeopleList(TabList):
    """Mixin of the list of leads."""

    tab = PEOPLE
    most_at_once: ClassVar[dict[str, int]] = {"call_now_selected": MOST_CALLED, "call_back_selected": MOST_CALLED}
    actions: Any = (
        *("call_now_selected", "call_back_selected", "suppress_selected", "cancel_selected", "export_selected"),
    )

    def ready_filters(self, campaign: Campaign) -> list[tuple[str, str, int | None]]:
        """Return those of states, with how many leads they find, and those of what leads wait for."""
        with connection.cursor() as cursor:
            totals = totals_of(cursor, campaign_ids=[campaign.pk])[campaign.pk]
        states = [(state.label, f"state__exact={state}", totals.leads_by_state.get(state, 0)) for state in LeadState]
        waits = [("Callbacks", "waits=callback", None), ("Due now", "waits=due", None), ("Later", "waits=later", None)]
        return [("All", "", totals.leads), *states, *waits]

    @action(description="Call now", act=WORK_LEADS)
    def call_now_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        """Have the selected called before all others, as soon as hours and limits let them."""

        def call(form: Any, ids: list[int]) -> None:
            call_again(request, ids)

        notes = (
            "They are called before all others, within hours, caps and limits; those on the line after their call.",
        )
        return self._asked(request, NothingForm, call, title="Call now", label="Call them now", notes=notes)

    @action(description="Call back at…", act=WORK_LEADS)
    def call_back_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        """Ask when, and have the selected called back from then on."""

        def call(form: Any, ids: list[int]) -> None:
            call_again(request, ids, at=form.cleaned_data["at"], note=form.cleaned_data["note"])

        return self._asked(request, WhenForm, call, title="Call back", label="Set the callbacks")

    @action(description="Suppress…", act=SUPPRESS)
    def suppress_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        """Ask on which list, and suppress the numbers of the selected."""

        def bar(form: Any, ids: list[int]) -> None:
            numbers = list(Lead.objects.filter(pk__in=ids).order_by("pk").values_list("number", flat=True))
            found = suppress(numbers=numbers, **form.how(now=timezone.now()))
            added = sum(1 for one in found if one.result in ("ADDED", "CHANGED"))
            messages.success(request, f"Suppressed: {added:,}. {len(found) - added:,} were already, or cannot be.")

        notes = ("Nobody on the list is called any more: by this campaign, and by all others that keep to the list.",)
        return self._asked(request, SuppressPeopleForm, bar, title="Suppress", label="Suppress them", notes=notes)

    @action(description="Cancel: do not call", act=WORK_LEADS)
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        """Take those of the selected that wait out of the campaign."""

        def cancel(form: Any, ids: list[int]) -> None:
            reason = f"Canceled by {request.user.get_username()}"
            with connection.cursor() as cursor:
                done = lead_states.cancel_many(cursor, lead_ids=ids, reason=reason, now=timezone.now())
            messages.success(request, f"Canceled: {done:,}.")
            if done < len(ids):
                messages.warning(request, f"{len(ids) - done:,} did not wait to be called, and stay as they are.")

        notes = ("Those that wait are not called by this campaign any more. Who is on the line or has ended stays.",)
        return self._asked(request, NothingForm, cancel, title="Cancel", label="Cancel them", notes=notes)

    @action(description="Export as CSV", act=EXPORT)
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponseBase:
        """Send the selected leads, campaign by campaign."""
        ids = chosen_ids(request)
        of = Lead.objects.filter(pk__in=ids).order_by("campaign_id").values_list("campaign_id", flat=True).distinct()
        return export_reply(request, Wanted(what="leads", of_ids=tuple(of), lead_ids=tuple(ids)))

    def _asked(
        self,
        request: HttpRequest,
        kind: type[forms.Form],
        done: Callable[[Any, list[int]], None],
        *,
        title: str,
        label: str,
        notes: Iterable[str] = (),
    ) -> HttpResponse | None:
        """Ask with a form, and do it once it is confirmed."""
        ids = chosen_ids(request)
        form = kind(request.POST if _CONFIRMED in request.POST else None)
        if form.is_bound and form.is_valid():
            done(form, ids)
            return None
        people = "1 person" if len(ids) == 1 else f"{len(ids):,} people"
        context = {
            **self.admin_site.each_context(request),
            "title": f"{title}: {people}",
            "opts": Lead._meta,
            "form": form,
            "notes": notes,
            "label": label,
            "action": chosen_action(request),
            "back": request.get_full_path(),
            **carried_on(ids),
        }
        return render(request, "admin/campaigns/people_ask.html", context)


def call_again(request: HttpRequest, lead_ids: Iterable[int], *, at: Any = None, note: str = "") -> None:
    """Have leads called from an instant on, now without one, and say of how many; and of those that are not, why."""
    done, refused = 0, []
    for lead_id in lead_ids:
        now = timezone.now()
        try:
            set_callback(lead_id=lead_id, at=at or now, note=note, by=request.user.get_username(), now=now)
            done += 1
        except UnableToOperate as error:
            refused.append((messages.WARNING, f"Lead #{lead_id}: {error}"))
    when = f"from {at_clocks(at, zone='', now=timezone.now())} on" if at else "as soon as hours and limits allow"
    if done:
        messages.success(request, f"Called {when}, before all others: {done:,}.")
    summed_up(request, refused)
