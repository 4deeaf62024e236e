"""The shape of a result and of a notice: how REST shows them and how subscribers are told of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.models import Attempt, CampaignNotice, FeedEntry, FeedKind, Lead
from campaigns.results.addresses import hidden_facts, recording_path


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try to call a lead. Times are UTC, durations seconds."""

    contact = serializers.IntegerField(source="lead.contact_id", read_only=True)
    external_reference = serializers.CharField(
        source="lead.contact.external_reference", read_only=True, help_text="Your own id of the contact."
    )
    from_number = serializers.CharField(source="did.number", default=None, allow_null=True, read_only=True)
    recording_url = serializers.SerializerMethodField(
        help_text="Path of the recording here; null without one. The provider's own address is a secret and not shown."
    )
    absence = serializers.CharField(
        read_only=True, help_text="What the account's log showed by not having the call; empty where nothing."
    )
    transcript = serializers.JSONField(allow_null=True, read_only=True, help_text="As the provider gave it.")
    analysis = serializers.JSONField(allow_null=True, read_only=True, help_text="As the provider gave it.")

    class Meta:
        model = Attempt
        fields = (
            "id", "reference", "campaign", "lead", "contact", "external_reference", "account", "did", "from_number",
            "agent", "number", "state", "outcome", "is_burned", "refusal", "detail", "external_id", "reserved_at",
            "placing_at", "placed_at", "answered_at", "ended_at", "deadline_at", "profile", "rules_version",
            "disposition", "talk_seconds", "duration_seconds", "disconnected_by", "recording_url", "transcript",
            "analysis", "digits", "cost", "outcome_source", "disagreement", "absence", "absent_once_at", "absent_at",
            "is_rehearsal",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "is_rehearsal": {"help_text": "Whether its account is in the sandbox: nobody was called."},
            "reference": {"help_text": "Our id of the call at the provider."},
            "external_id": {"help_text": "The provider's id of the call."},
            "outcome": {"help_text": "What the network says; null while the call is under way."},
            "disposition": {"help_text": "What a person, bot or analysis says of an answered call."},
            "profile": {"help_text": "The version of the rules profile by which it was allowed."},
            "rules_version": {"help_text": "The campaign's rules by which it was allowed: GET /rules-versions/{id}/."},
            "is_burned": {"help_text": "Whether it counts against the campaign's maximum of attempts."},
        }

    def get_recording_url(self, attempt: Attempt) -> str | None:
        """Return where it can be fetched by those who may listen."""
        return recording_path(attempt.pk) if attempt.recording_url else None

    def to_representation(self, instance: Attempt) -> dict[str, Any]:
        """Return the attempt; the provider's address of the recording is in none of its fields."""
        shown: dict[str, Any] = super().to_representation(instance)
        url = instance.recording_url
        for name in shown.keys() & {"detail", "transcript", "analysis"}:
            shown[name] = hidden_facts(shown[name], attempt_id=instance.pk, recording_url=url)
        return shown


class NoticeSerializer(serializers.ModelSerializer[CampaignNotice]):
    """Something that happened by itself: in a campaign, or (`campaign` is null) in the whole house."""

    campaign_name = serializers.CharField(source="campaign.name", read_only=True, default=None, allow_null=True)
    attempt_ids = serializers.ListField(child=serializers.IntegerField(), help_text="The calls that showed it.")

    class Meta:
        model = CampaignNotice
        fields = ("id", "campaign", "campaign_name", "kind", "text", "attempt_ids", "created_at")
        read_only_fields = fields


class LeadNowSerializer(serializers.ModelSerializer[Lead]):
    """How far a lead is now."""

    external_reference = serializers.CharField(
        source="contact.external_reference", read_only=True, help_text="Your own id of the contact."
    )

    class Meta:
        model = Lead
        fields = (
            "id", "campaign", "contact", "external_reference", "number", "state", "state_reason", "attempts_made",
            "last_outcome", "next_attempt_at", "ended_at",
        )  # fmt: skip


class ResultSerializer(serializers.ModelSerializer[FeedEntry]):
    """An entry of the feed; what it tells of is shown as it is now."""

    id = serializers.IntegerField(source="position", help_text="Its place in the feed: read on with `after`.")
    kind = serializers.ChoiceField(choices=FeedKind.choices)
    attempt = AttemptSerializer(allow_null=True, help_text="The call; null for notices and for LEAD_ENDED.")
    lead = serializers.SerializerMethodField(help_text="The call's lead, or the lead that ended; null for notices.")
    notice = NoticeSerializer(allow_null=True, help_text="The notice; null for results and leads.")

    class Meta:
        model = FeedEntry
        fields = ("id", "kind", "created_at", "attempt", "lead", "notice")

    @extend_schema_field(LeadNowSerializer(allow_null=True))
    def get_lead(self, entry: FeedEntry) -> Any:
        """Return the lead that ended, or the attempt's."""
        lead = entry.attempt.lead if entry.attempt else entry.lead
        return _lead_now().to_representation(lead) if lead is not None else None


@cache
def _lead_now() -> LeadNowSerializer:
    # Making a serializer costs more than using one.
    return LeadNowSerializer()
