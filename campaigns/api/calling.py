"""When a campaign calls, whom how often, and from which numbers: the part of a campaign's body that says so."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from campaigns.acts import CHANGE_CAMPAIGNS
from campaigns.lifecycle.rules_edits import rules_edited
from campaigns.models import CallingWindow, Campaign, set_windows
from campaigns.rules.retry import PRESETS
from dialer.api.stored import CountryCodeField, StoredDictField, StoredListField
from dialer.api.strict import StrictSerializer
from dialer.audit import record
from dialer.audit.changes import names

CALLING_FIELDS = (
    "windows", "hours_follow", "holiday_country", "holiday_subdivision", "blackout_dates", "open_dates", "profile",
    "purpose", "caps", "minimum_gap_seconds", "did_groups", "did_rotation",
)  # fmt: skip
#: A change of these lets leads that wait be judged anew.
_RULES = {
    *CALLING_FIELDS, "time_zone", "window_opens", "window_closes", "starts_at", "ends_at", "suppression_lists"
}  # fmt: skip


class CallingWindowSerializer(StrictSerializer, serializers.ModelSerializer[CallingWindow]):
    """A window by weekdays and times of day, or by two cron expressions."""

    class Meta:
        model = CallingWindow
        fields = ("days", "opens", "closes", "opens_cron", "closes_cron")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises ValidationError for a window that never opens."""
        CallingWindow(**attrs).clean()
        return attrs


class CallingFields(serializers.Serializer[Campaign]):
    """Fields of a campaign that are no plain columns."""

    windows = CallingWindowSerializer(
        many=True,
        required=False,
        help_text="All calling windows; sent, they replace those there were. With none, window_opens and "
        "window_closes hold on every day.",
    )
    blackout_dates = StoredListField(
        child=serializers.CharField(max_length=30),
        required=False,
        help_text='Days without calls: ["2026-10-20", "2026-12-24/2026-12-26"].',
    )
    open_dates = StoredListField(
        child=serializers.CharField(max_length=30),
        required=False,
        help_text='Public holidays of the country on which calls are made after all: ["2026-10-20"].',
    )
    holiday_country = CountryCodeField(
        max_length=3,
        required=False,
        allow_blank=True,
        help_text="No calls on its public holidays, e.g. IN. Empty: on all days.",
    )
    caps = StoredListField(
        child=StoredDictField(child=serializers.FloatField(min_value=0)),
        required=False,
        help_text='Most calls of one person in so many hours, over all campaigns: [{"calls": 3, "hours": 24}].',
    )
    retry_rules = StoredDictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="By outcome, or disposition:<name>: seconds from the dial to the next attempt; an object with "
        "delays, most, counts, other_did, other_time, other_number; null or left out: no further attempt. "
        f"Presets to begin with are: {', '.join(PRESETS)} (see docs/rules.md).",
    )

    def validate_caps(self, caps: list[dict[str, float]]) -> list[dict[str, Any]]:
        """Return caps with whole numbers of calls as such."""
        return [{key: int(one) if float(one).is_integer() else one for key, one in cap.items()} for cap in caps]

    @transaction.atomic
    def create(self, validated_data: Any) -> Campaign:
        """Create the campaign with its windows."""
        windows = validated_data.pop("windows", [])
        campaign: Campaign = super().create(validated_data)
        set_windows(campaign=campaign, windows=windows)
        return campaign

    @transaction.atomic
    def update(self, instance: Campaign, validated_data: Any) -> Campaign:
        """Save the fields that were sent; windows, if sent, in place of those there were."""
        windows = validated_data.pop("windows", None)
        before = names(instance.windows.all()) if windows is not None else []
        rules_changed = windows is not None or bool(_RULES & set(validated_data))
        campaign: Campaign = super().update(instance, validated_data)
        if windows is not None:
            set_windows(campaign=campaign, windows=windows)
            if (after := names(campaign.windows.all())) != before:
                changes = {"windows": [before, after]}
                record(act=CHANGE_CAMPAIGNS.name, what="Changed", subject=campaign, changes=changes)
        if rules_changed:
            transaction.on_commit(partial(rules_edited, campaign_id=campaign.pk, now=timezone.now()))
        return campaign
