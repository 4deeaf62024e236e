"""What happened by itself, in the admin: notices, runs, opt-outs and callbacks. Read-only: they are the record."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from campaigns.admin.regions import HomeNumberSearch
from campaigns.models import Callback, CampaignNotice, CampaignRun, OptOut
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.times import shown
from dialer.admin.typed import ModelAdmin, display

NOTICE_TONES = {"OPENED": "info", "RUN_STARTED": "success", "RUN_FAILED": "danger", "SUBSCRIPTION_OFF": "danger"}


@admin.register(CampaignNotice)
class CampaignNoticeAdmin(ReadOnly, BigTable, ModelAdmin[CampaignNotice]):
    """Notices."""

    empty_hint = "What campaigns do by themselves is told here: a pause because too much fails, a run, a closed window."
    list_display = ("notice", "kind_label", "campaign", "text", "created_at")
    list_filter = (("campaign", AutocompleteSelectFilter), ("kind", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("campaign",)
    fields = ("campaign", "kind", "text", "calls", "created_at")

    @display(description="The calls that showed it")
    def calls(self, notice: CampaignNotice) -> str:
        """Return links to them."""
        links = ((reverse("admin:campaigns_attempt_change", args=[pk]), pk) for pk in notice.attempt_ids)
        return format_html_join(", ", '<a href="{}">#{}</a>', links) or "-"

    @display(description="Notice")
    def notice(self, notice: CampaignNotice) -> str:
        """Return its id."""
        return f"#{notice.pk}"

    @display(description="What", label=NOTICE_TONES)
    def kind_label(self, notice: CampaignNotice) -> tuple[str, str]:
        """Return the kind with its colour."""
        return notice.kind, notice.get_kind_display()


@admin.register(OptOut)
class OptOutAdmin(HomeNumberSearch, ReadOnly, BigTable, ModelAdmin[OptOut]):
    """Evidence of who asked never to be called again."""

    empty_hint = "Who asks in a call never to be called again is listed here, with the words and the call."
    list_display = ("number", "words", "attempt", "created_at")
    list_filter = (("attempt__campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("attempt",)
    fields = ("number", "words", "attempt", "event_id", "created_at")


@admin.register(Callback)
class CallbackAdmin(ReadOnly, BigTable, ModelAdmin[Callback]):
    """Callbacks."""

    empty_hint = "A lead is called back when its result asks for it, or when you say so on its page."
    list_display = ("callback", "lead", "due", "becomes", "note", "set_by", "set_at")
    list_filter = (("lead__campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("lead__campaign__account",)
    fields = ("lead", "attempt", "at", "due_at", "note", "set_by", "is_time_given", "created_at", "called_off_at")

    @display(description="Callback")
    def callback(self, callback: Callback) -> str | SafeString:
        """Return its id."""
        return with_badge(f"#{callback.pk}", is_sandbox=callback.lead.in_sandbox)

    @display(description="Due")
    def due(self, callback: Callback) -> str:
        """Return when it is due, by the campaign's clock."""
        return shown(callback.due_at, zone=callback.lead.campaign.time_zone, now=timezone.now())

    @display(description="Set")
    def set_at(self, callback: Callback) -> str:
        """Return when it was set."""
        return shown(callback.created_at, zone=callback.lead.campaign.time_zone, now=timezone.now())

    @display(description="What becomes of it")
    def becomes(self, callback: Callback) -> str:
        """Return whether it is still to come."""
        if callback.called_off_at is not None:
            return "Called off"
        return "Waits" if callback.lead.callback_at == callback.due_at else "Over"


@admin.register(CampaignRun)
class CampaignRunAdmin(ReadOnly, BigTable, ModelAdmin[CampaignRun]):
    """Runs of recurring campaigns."""

    empty_hint = "A campaign with “Runs again at” begins a run at each of its times."
    list_display = ("edge_at", "campaign", "child", "begun_at", "edges_missed", "problem")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("campaign", "child")
    fields = ("campaign", "edge_at", "begun_at", "child", "edges_missed", "problem")
