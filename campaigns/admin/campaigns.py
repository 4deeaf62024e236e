"""Campaigns: the page that a manager lives on. What it does, how far it is, and the buttons that start and stop it."""

from __future__ import annotations

import zoneinfo
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.acts import CALL, CHANGE_CAMPAIGNS, EXPORT, PREFLIGHT, SEE_CAMPAIGNS
from campaigns.admin.arranging import arranging_urls
from campaigns.admin.asking import ring_own_phone
from campaigns.admin.campaign_form import CampaignForm
from campaigns.admin.campaign_log import CampaignLog
from campaigns.admin.client_report import client_report_urls
from campaigns.admin.did_health import did_health_urls
from campaigns.admin.exports import export_reply, export_urls
from campaigns.admin.first_steps import first_steps_urls
from campaigns.admin.home import home_urls
from campaigns.admin.hours import hours_picture
from campaigns.admin.live import live_urls
from campaigns.admin.offered import accounts_of, offer_own
from campaigns.admin.operating import CampaignOperations
from campaigns.admin.preflight import preflight_page
from campaigns.admin.rehearsing import rehearsing_urls
from campaigns.admin.results import results_urls
from campaigns.admin.rows import CampaignRows, Tab, Tagged
from campaigns.admin.set_up import set_up_urls
from campaigns.admin.shown import ShownRules, in_words_of
from campaigns.admin.steps import first_step, step_page
from campaigns.admin.tabs import SET_UP, head_of
from campaigns.admin.trying_again import trying_again_urls
from campaigns.admin.verbs import NOT_STARTED
from campaigns.admin.why import why_urls
from campaigns.exports.wanted import Wanted
from campaigns.lifecycle.choice import save_warnings
from campaigns.lifecycle.rules_edits import rules_edited
from campaigns.lifecycle.schedule import next_runs
from campaigns.models import OVER, Campaign, CampaignState, set_windows
from dialer.admin.ruled import action, own_view
from dialer.admin.typed import ModelAdmin, display

# Once leads are enrolled, the account and the lists they came from are history.
FIXED_AFTER_START = ("account", "contact_lists", "runs_on")
NEXT_RUNS = 5


@admin.register(Campaign)
class CampaignAdmin(CampaignLog, ShownRules, CampaignRows, CampaignOperations, ModelAdmin[Campaign]):
    """Campaigns."""

    empty_hint = "A campaign needs a provider account with DIDs, a contact list and a call template."
    list_filter = (
        Tab,
        Tagged,
        ("state", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("template", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("account",)
    search_fields = ("name",)
    search_help_text = "Name"
    list_per_page = 50
    autocomplete_fields = (*("account", "fallback_account", "contact_lists", "suppression_lists"),)
    warn_unsaved_form = True
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}
    actions = (*CampaignOperations.actions, "export_selected")
    change_form_outer_before_template = "admin/campaigns/tab_head_of_form.html"
    form = CampaignForm
    fieldsets = (
        ("What", {"fields": ("name", "tags", "account", "template", "runs_on")}),
        ("Whom", {"fields": ("contact_lists", "suppression_lists")}),
        (
            "When",
            {
                "fields": (
                    ("time_zone", "hours_follow"),
                    "windows",
                    ("holiday_country", "holiday_subdivision"),
                    "blackout_dates",
                    "open_dates",
                    ("profile", "purpose"),
                    "starts_at",
                    "ends_at",
                )
            },
        ),
        (
            "How: numbers, agents and limits",
            {"fields": ("dids", "did_groups", "did_rotation", "agents", ("max_live_calls", "weight"))},
        ),
        (
            "How: how often",
            {"fields": (("max_attempts", "minimum_gap_seconds"), "retry_rules", "caps")},
        ),
        (
            "More: if the account is down or full",
            {
                "description": "The second account calls by DIDs and agents of its own: choose them above, too.",
                "classes": ("collapse",),
                "fields": (("fallback_account", "fallback_template"),),
            },
        ),
        (
            "More: what it does by itself",
            {
                "classes": ("collapse",),
                "fields": (
                    ("run_cron", "shown_runs"),
                    "is_standing",
                    "opt_out_words",
                    "hear_refusals",
                    ("callback_words", "callback_after_seconds"),
                    ("pause_share_percent", "pause_window_seconds"),
                    ("pause_minimum_calls", "pause_lost_percent"),
                    "abandon_share_percent",
                ),
            },
        ),
    )

    def is_unused(self, obj: Campaign) -> bool:
        """Return whether it was never started."""
        return obj.state == CampaignState.DRAFT and not obj.leads.exists()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Campaign]]:
        """Build the form, with the lines and templates of its own accounts alone."""
        form: type[forms.ModelForm[Campaign]] = super().get_form(request, obj, change, **kwargs)
        offer_own(vars(form)["base_fields"], accounts=accounts_of(request.POST, obj))
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show rules in words to those who may only look."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may:
            return self.fieldsets
        return in_words_of(self.fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep what its leads came from, once it was started."""
        fixed = FIXED_AFTER_START if obj and obj.state not in NOT_STARTED else ()
        return (*fixed, "shown_runs")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change what is over: it is the record of what happened."""
        over = isinstance(obj, Campaign) and obj.state in OVER
        return super().has_change_permission(request, obj) and not over

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Keep who made it."""
        if not change:
            obj.owner = request.user.get_username()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Have leads that the old rules had put off judged by the new ones, and warn of what is not approved yet."""
        super().save_related(request, form, formsets, change)
        if "windows" in form.changed_data:
            set_windows(campaign=form.instance, windows=form.cleaned_data["windows"])
        for sentence in save_warnings(campaign=form.instance, now=timezone.now()):
            messages.warning(request, sentence)
        if change:
            transaction.on_commit(partial(rules_edited, campaign_id=form.instance.pk, now=timezone.now()))

    def get_urls(self) -> list[URLPattern]:
        """Add the tabs and their parts, and the pages of what can be done."""
        return [
            *home_urls(),
            *self.row_urls(),
            *live_urls(),
            *results_urls(),
            *client_report_urls(),
            *did_health_urls(),
            *set_up_urls(self),
            *trying_again_urls(),
            *arranging_urls(),
            *rehearsing_urls(),
            *first_steps_urls(),
            *export_urls(),
            *why_urls(),
            path("hours-picture/", own_view(hours_picture, act=SEE_CAMPAIGNS), name="campaigns_hours_picture"),
            path(
                "<int:pk>/steps/<slug:step>/",
                own_view(partial(step_page, model_admin=self), act=CHANGE_CAMPAIGNS),
                name="campaigns_campaign_steps",
            ),
            path("<int:pk>/preflight/", own_view(preflight_page, act=PREFLIGHT), name="campaigns_campaign_preflight"),
            path("<int:pk>/ring-own-phone/", own_view(ring_own_phone, act=CALL), name="campaigns_campaign_ring"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Begin with the first step; a form that holds all of a campaign at once is taken as well."""
        if request.method == "POST" and "step" not in request.POST:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        return first_step(request, self)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Show the form under the tabs of its campaign."""
        campaign = context.get("original")
        if isinstance(campaign, Campaign):
            context |= head_of(request, campaign, tab=SET_UP)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description="Export calls as CSV", act=EXPORT)
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponseBase:
        """Send the calls of all that are chosen, one campaign after the other."""
        ids = tuple(queryset.order_by("pk").values_list("pk", flat=True))
        return export_reply(request, Wanted(of_ids=ids))

    @display(description="Next runs")
    def shown_runs(self, campaign: Campaign) -> str:
        """Return when the next five runs begin, by the campaign's clock."""
        if not campaign.pk or not campaign.run_cron:
            return "It runs once. With an expression, the next five runs are shown here once it is saved."
        zone = zoneinfo.ZoneInfo(campaign.time_zone)
        runs = next_runs(campaign=campaign, now=timezone.now(), count=NEXT_RUNS)
        return " · ".join(f"{at.astimezone(zone):%a %d %b %Y %H:%M}" for at in runs) or "There is no further run."
