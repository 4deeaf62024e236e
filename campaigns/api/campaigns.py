"""Campaigns: made and changed here; started and stopped by the operations."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django.db import models, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from campaigns.api.arranging import ArrangingMixin
from campaigns.api.calling import CALLING_FIELDS, CallingFields
from campaigns.api.dripping import DripMixin
from campaigns.api.explaining import CampaignExplanationMixin
from campaigns.api.many_campaigns import ManyCampaignsMixin
from campaigns.api.operations import OperationsMixin
from campaigns.api.preflight import PreflightMixin
from campaigns.api.rehearsing import RehearsingMixin
from campaigns.api.statistics import StatisticsMixin
from campaigns.lifecycle.choice import LINES, choice_problems, save_warnings
from campaigns.lifecycle.schedule import next_runs
from campaigns.models import Campaign, CampaignState
from campaigns.models.windows import USUAL_CLOSES, USUAL_OPENS
from campaigns.rules.calendars import Calendar, next_holidays, own_days
from campaigns.rules.walls import BrokenRule
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter, IdsFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.stops import WARNINGS, is_change
from dialer.api.stored import StoredListField
from dialer.api.views import EditViewSet
from dialer.audit.rows import row_deleted

NEXT_RUNS = 5
USUAL_HOURS = {"window_opens": USUAL_OPENS, "window_closes": USUAL_CLOSES}
FIXED_ONCE_STARTED = ("account", "contact_lists", "runs_on")
#: What must go together: who sends one of these is told of all of them.
TOGETHER = {"account", "template", "fallback_account", "fallback_template", *LINES}


class HolidaySerializer(serializers.Serializer[Any]):
    """A day without calls."""

    date = serializers.DateField()
    name = serializers.CharField()


class CampaignSerializer(CallingFields, CleanedModelSerializer[Campaign]):
    """Calls to the contacts of some lists, from some DIDs, inside a calling window, with a template."""

    opt_out_words = StoredListField(
        child=serializers.CharField(max_length=60), required=False, help_text="A result that says one suppresses."
    )
    callback_words = StoredListField(
        child=serializers.CharField(max_length=60), required=False, help_text="A result that says one asks for a call."
    )
    warnings = serializers.SerializerMethodField(help_text=WARNINGS)
    is_rehearsal = serializers.BooleanField(
        source="account.is_sandbox",
        read_only=True,
        help_text="Whether its account is in the sandbox: nobody is called.",
    )
    next_runs = serializers.SerializerMethodField(help_text="The next five instants of `run_cron`, UTC.")
    next_holidays = serializers.SerializerMethodField(
        help_text="Days without calls among the next 90, by the campaign's clock, without those of a profile: "
        "`open_dates` opens one, `blackout_dates` closes another."
    )

    class Meta:
        model = Campaign
        fields = (
            "id", "name", "account", "template", "fallback_account", "fallback_template", "contact_lists", "dids",
            "agents", "suppression_lists", "state", "state_reason", "state_changed_at", "runs_on", "time_zone",
            "window_opens", "window_closes", "starts_at", "ends_at", "is_standing", "max_live_calls", "weight",
            "max_attempts", "retry_rules", *CALLING_FIELDS, "run_cron", "next_runs", "next_holidays", "parent",
            "opt_out_words", "hear_refusals", "callback_words", "callback_after_seconds", "pause_share_percent",
            "pause_window_seconds", "pause_minimum_calls", "pause_lost_percent", "abandon_share_percent", "warnings",
            "owner", "tags", "started_at", "archived_at", "is_rehearsal", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = (
            "state", "state_reason", "state_changed_at", "parent", "owner", "started_at", "archived_at",
        )  # fmt: skip
        # Of a new campaign they are wanted where it has no other hours, see validate.
        extra_kwargs = {name: {"required": False} for name in USUAL_HOURS}

    @extend_schema_field(serializers.ListField(child=serializers.DateTimeField()))
    def get_next_runs(self, campaign: Campaign) -> list[str]:
        """Return when its next runs begin."""
        return [at.isoformat() for at in next_runs(campaign=campaign, now=timezone.now(), count=NEXT_RUNS)]

    @extend_schema_field(HolidaySerializer(many=True))
    def get_next_holidays(self, campaign: Campaign) -> list[dict[str, Any]]:
        """Return the days without calls that come next; none where its days cannot be read."""
        if not campaign.holiday_country and not campaign.blackout_dates:
            return []
        try:
            calendar = Calendar(
                country=campaign.holiday_country,
                subdivision=campaign.holiday_subdivision,
                own=own_days(campaign.blackout_dates),
                opened=own_days(campaign.open_dates),
            )
            today = timezone.now().astimezone(ZoneInfo(campaign.time_zone)).date()
            found = next_holidays(calendar=calendar, today=today)
        except (BrokenRule, TypeError):
            return []
        return [{"date": day.isoformat(), "name": name} for day, name in found]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, campaign: Campaign) -> list[str]:
        """Return what keeps it, or one of its two accounts, from calling, if it was just saved."""
        return save_warnings(campaign=campaign, now=timezone.now()) if is_change(self.context) else []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises ValidationError for what does not go together, and for what is fixed."""
        if self.instance is None:
            attrs = _with_daily_hours(attrs)
        attrs = super().validate(attrs)
        problems = self._unfit(attrs) | self._fixed(attrs)
        if problems:
            raise serializers.ValidationError(problems)
        return attrs

    def _fixed(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Return a sentence for each field that cannot change any more: leads were made by it."""
        campaign = self.instance
        if not isinstance(campaign, Campaign) or campaign.state == CampaignState.DRAFT:
            return {}
        return {
            name: "This cannot be changed after the start."
            for name in FIXED_ONCE_STARTED
            if name in attrs and not same(campaign, name, attrs[name])
        }

    def _unfit(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Return a sentence for lines of other accounts, accounts without lines, and texts that are refused."""
        if not TOGETHER & attrs.keys():
            return {}
        stored = self.instance if isinstance(self.instance, Campaign) else None
        lines = {name: attrs[name] if name in attrs else _stored(stored, name) for name in LINES}
        chosen = self.candidate(attrs)
        return choice_problems(
            account=chosen.account,
            template=chosen.template,
            fallback_account=chosen.fallback_account,
            fallback_template=chosen.fallback_template,
            lines=lines,
        )


def _with_daily_hours(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return a new campaign's fields with daily hours, which nobody reads beside windows.

    Raises ValidationError where it has neither.
    """
    missing = [name for name in USUAL_HOURS if name not in attrs]
    if missing and not attrs.get("windows"):
        problem = "This field is required, where there are no `windows`."
        raise serializers.ValidationError(dict.fromkeys(missing, problem))
    return {**USUAL_HOURS, **attrs}


def _stored(campaign: Campaign | None, name: str) -> list[Any]:
    return list(getattr(campaign, name).all()) if campaign is not None else []


def same(campaign: Campaign, name: str, value: Any) -> bool:
    """Return whether ``value`` is what the campaign has already."""
    if isinstance(value, models.Model):
        return bool(getattr(campaign, f"{name}_id") == value.pk)
    if isinstance(value, str):
        return bool(getattr(campaign, name) == value)
    return {item.pk for item in value} == {item.pk for item in getattr(campaign, name).all()}


class CampaignFilter(django_filters.FilterSet):
    """Filters of campaigns."""

    id = IdsFilter()
    account = IdFilter()
    template = IdFilter()
    fallback_account = IdFilter()
    contact_list = IdFilter(field_name="contact_lists")
    state = django_filters.MultipleChoiceFilter(choices=CampaignState.choices)
    tag = django_filters.CharFilter(method="with_tag", label="Campaigns that have this tag.")
    archived = django_filters.BooleanFilter(
        field_name="archived_at", lookup_expr="isnull", exclude=True, label="Whether they are archived."
    )
    owner = django_filters.CharFilter()

    class Meta:
        model = Campaign
        fields = ("name", "account", "template", "state")

    def with_tag(self, queryset: models.QuerySet[Campaign], name: str, value: str) -> models.QuerySet[Campaign]:
        """Return the campaigns that have a tag."""
        return queryset.filter(tags__contains=[value])


EXAMPLE = OpenApiExample(
    "From 10:00 to 19:00 in India",
    value={
        "name": "Renewals, November",
        "account": 1,
        "template": 1,
        "contact_lists": [1],
        "dids": [1, 2],
        "time_zone": "Asia/Kolkata",
        "window_opens": "10:00",
        "window_closes": "19:00",
        "max_attempts": 3,
        "retry_rules": {"NO_ANSWER": 3600, "BUSY": 900},
    },
    request_only=True,
)


@extend_schema_view(
    create=extend_schema(examples=[EXAMPLE]),
    # The row is this module's, the act is not.
    clone=extend_schema(responses={201: CampaignSerializer}),
)
class CampaignViewSet(
    ManyCampaignsMixin,
    PreflightMixin,
    CampaignExplanationMixin,
    OperationsMixin,
    StatisticsMixin,
    ArrangingMixin,
    RehearsingMixin,
    DripMixin,
    EditViewSet[Campaign],
):
    """Campaigns, newest first."""

    queryset = Campaign.objects.select_related(
        "account", "template", "fallback_account", "fallback_template"
    ).prefetch_related("contact_lists", "dids", "did_groups", "agents", "suppression_lists", "windows")
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter
    limited_by = {"campaigns": "pk"}

    def perform_create(self, serializer: Any) -> None:
        """Save with the name of who makes it."""
        serializer.save(owner=self.request.user.get_username())

    @transaction.atomic
    def perform_destroy(self, instance: Campaign) -> None:
        """Delete a draft. Raises Conflict for a campaign that was started: its history is kept."""
        locked = Campaign.objects.select_for_update().get(pk=instance.pk)
        if locked.state != CampaignState.DRAFT:
            raise Conflict(code="wrong_state", problems=[f"Only drafts can be deleted; this one is {locked.state}."])
        row_deleted(locked)
        locked.leads.all().delete()
        locked.delete()
