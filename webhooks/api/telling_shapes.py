"""The shape of subscriptions and deliveries, and of what is asked of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from rest_framework import serializers

from campaigns.models import FeedKind
from dialer.api.saving import CleanedModelSerializer
from dialer.api.strict import StrictSerializer
from dialer.encryption import UndecryptableError
from dialer.shown_addresses import shown_address
from webhooks.models import Delivery, Subscription
from webhooks.rules.key_maps import key_map_problems
from webhooks.telling.subscribing import MOST_OVERLAP, OVERLAP, revive, try_now

#: Where one of these is changed, a subscriber that takes nothing is tried at once.
HOW_TOLD = {"url", "method", "headers", "token", "oauth_token_url", "oauth_client_id", "oauth_client_secret", "key_map"}


class SubscriptionSerializer(CleanedModelSerializer[Subscription]):
    """An address that is told of results and notices as they come."""

    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=FeedKind.choices), required=False, help_text="Not given: all."
    )
    headers = serializers.DictField(
        child=serializers.CharField(), required=False, write_only=True, help_text="Sent with each request. Write only."
    )
    token = serializers.CharField(
        required=False, write_only=True, allow_blank=True, help_text="Sent as a bearer token. Write only."
    )
    oauth_client_secret = serializers.CharField(
        required=False, write_only=True, allow_blank=True, trim_whitespace=False, help_text="Write only."
    )
    key_map = serializers.JSONField(
        required=False, allow_null=True, help_text="Your names for what is told; null: ours."
    )
    header_names = serializers.SerializerMethodField(help_text="Of `headers`; null where no key opens them.")
    has_token = serializers.SerializerMethodField(help_text="Null where no key opens it.")

    class Meta:
        model = Subscription
        fields = (
            "id", "name", "url", "kinds", "campaigns", "is_active", "method", "headers", "header_names", "token",
            "has_token", "oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_scope", "batch_size",
            "key_map", "position", "replay_after", "replay_until", "failing_since", "failures", "next_try_at",
            "problem", "told_at", "switched_off_at", "missed_after", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "position", "replay_after", "replay_until", "failing_since", "failures", "next_try_at", "problem",
            "told_at", "switched_off_at", "missed_after",
        )  # fmt: skip
        extra_kwargs = {"position": {"help_text": "The feed has been gone through up to here."}}

    def get_header_names(self, subscription: Subscription) -> list[str] | None:
        """Return the names of its headers; their values are secrets."""
        try:
            return sorted(subscription.headers)
        except UndecryptableError:
            return None

    def get_has_token(self, subscription: Subscription) -> bool | None:
        """Return whether it has a token."""
        try:
            return bool(subscription.token)
        except UndecryptableError:
            return None

    def to_representation(self, instance: Subscription) -> dict[str, Any]:
        """Return it, the address without what may be a secret in it to those who may not change it."""
        shown: dict[str, Any] = super().to_representation(instance)
        request = self.context.get("request")
        may_see = request is None or request.user.has_perm("webhooks.change_subscription")
        if "url" in shown and not may_see:
            shown["url"] = shown_address(instance.url)
        return shown

    @transaction.atomic
    def update(self, instance: Subscription, validated_data: Any) -> Subscription:
        """Save what was sent; one that is switched on again is revived, one that is told otherwise is tried at once."""
        revives = not instance.is_active and validated_data.pop("is_active", False)
        moves = bool(validated_data.keys() & HOW_TOLD)
        saved = super().update(instance, validated_data)
        if moves:
            try_now(saved)
        return revive(saved) if revives else saved


class SubscriptionMadeSerializer(SubscriptionSerializer):
    """A subscription with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField(help_text="By which what is told is signed. Shown only now.")

    class Meta(SubscriptionSerializer.Meta):
        fields = (*SubscriptionSerializer.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, subscription: Subscription) -> str:
        """Return the secret."""
        return str(subscription.secret["secret"])


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One entry of the feed for one subscription."""

    entry = serializers.IntegerField(source="entry.position", default=None, allow_null=True, read_only=True)
    kind = serializers.CharField(
        source="entry.kind", default="TEST", read_only=True, help_text="What it tells: a kind of the feed, or TEST."
    )

    class Meta:
        model = Delivery
        fields = (
            "id", "subscription", "entry", "kind", "event_id", "state", "tries", "next_try_at", "last_tried_at",
            "status_code", "took_ms", "problem", "reply", "created_at", "delivered_at",
        )  # fmt: skip
        read_only_fields = fields


class RenewSerializer(StrictSerializer):
    """How the old secret ends."""

    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=int(MOST_OVERLAP / timedelta(hours=1)),
        default=int(OVERLAP / timedelta(hours=1)),
        help_text="So long the old secret signs beside the new one; 0: it ends at once.",
    )


class EntrySerializer(StrictSerializer):
    """An entry of the feed."""

    entry = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, default=None, allow_null=True, help_text="Its place in the feed."
    )


class PreviewSerializer(EntrySerializer):
    """What to try. ``key_map`` not given: the subscription's; null: ours."""

    key_map = serializers.JSONField(required=False, allow_null=True)

    def validate_key_map(self, value: Any) -> Any:
        """Refuse what could not be saved either."""
        if value is not None and (problems := key_map_problems(value)):
            raise serializers.ValidationError(problems)
        return value


class PreviewedSerializer(serializers.Serializer[Any]):
    """What would be sent."""

    entry = serializers.IntegerField(allow_null=True, help_text="Of this entry of the feed; null: there is none yet.")
    body = serializers.JSONField()


class ReplaySerializer(StrictSerializer):
    """What to tell again: what follows a place in the feed, or all since an instant."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, default=None, allow_null=True, help_text="The last place; not given: all."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and none."""
        if ("after" in attrs) == ("since" in attrs):
            raise serializers.ValidationError("Give after (a place in the feed) or since (an instant).")
        return attrs
