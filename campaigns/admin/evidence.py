"""The record of decisions, in the admin: what was passed over and why, versions of rules, what held campaigns back."""

from __future__ import annotations

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from campaigns.admin.explained import name_of
from campaigns.admin.regions import HomeNumberSearch
from campaigns.explaining.evidence_file import evidence_file
from campaigns.models import Lead, LimitSpan, RulesVersion, Skip
from dialer.admin.accesses import reader_of
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.typed import ModelAdmin, display


def evidence(request: HttpRequest, pk: int, form: str) -> HttpResponse | StreamingHttpResponse:
    """Send the record of a lead's number, to those who may see calls and decisions."""
    if form not in ("csv", "jsonl"):
        raise Http404
    number = get_object_or_404(Lead, pk=pk).number
    return evidence_file(number=number, form=form, reader=reader_of(request), now=timezone.now())


@admin.register(Skip)
class SkipAdmin(HomeNumberSearch, ReadOnly, BigTable, ModelAdmin[Skip]):
    """Due leads that a rule kept from being called."""

    called = "leads that were passed over"
    empty_hint = "Whenever a rule keeps a due lead from being called, it is noted here."
    list_display = ("number", "rule_name", "detail", "of_campaign", "at", "until")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("campaign__account",)
    fields = ("number", "lead_id", "campaign", "rule_name", "detail", "at", "until", "rules_version")

    @display(description="Campaign")
    def of_campaign(self, skip: Skip) -> str | SafeString:
        """Return the campaign, with a badge where nobody is called."""
        return with_badge(str(skip.campaign), is_sandbox=skip.campaign.in_sandbox)

    @display(description="Rule")
    def rule_name(self, skip: Skip) -> str:
        """Return the rule in words."""
        return name_of(skip.rule)


@admin.register(RulesVersion)
class RulesVersionAdmin(ReadOnly, BigTable, ModelAdmin[RulesVersion]):
    """Rules of campaigns as they stood."""

    list_display = ("name", "campaign", "version", "made_at")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("campaign",)
    fields = ("campaign", "version", "rules", "made_at")

    @display(description="Rules")
    def name(self, version: RulesVersion) -> str:
        """Return its id."""
        return f"#{version.pk}"


@admin.register(LimitSpan)
class LimitSpanAdmin(ReadOnly, BigTable, ModelAdmin[LimitSpan]):
    """What held running campaigns back."""

    list_display = ("limit_name", "said", "campaign", "since_at", "until_at")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_filter_submit = True
    list_select_related = ("campaign",)
    fields = ("campaign", "limit_name", "said", "since_at", "until_at")

    @display(description="What held it back")
    def limit_name(self, span: LimitSpan) -> str:
        """Return the limit in words."""
        return name_of(span.limit)
