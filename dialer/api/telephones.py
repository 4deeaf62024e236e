"""DIDs and agents: the numbers that calls are placed from, and the humans who take them."""

from __future__ import annotations

from typing import Any

import django_filters
from rest_framework import serializers

from dialer.api.filters import NumberFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.staffing import AgentSerializer, StaysWithAccount, SwitchingMixin
from dialer.api.stops import TellsStops
from dialer.api.views import EditViewSet
from dialer.models import DID, Agent, DIDGroup


class DIDSerializer(StaysWithAccount, TellsStops, CleanedModelSerializer[DID]):
    """A number that calls are placed from."""

    class Meta:
        model = DID
        fields = (
            "id", "account", "number", "label", "max_live_calls", "is_active", "max_calls_per_hour",
            "max_calls_per_day", "rest_below_answer_percent", "rest_after_calls", "rest_minutes", "resting_until",
            "warnings", "created_at",
        )  # fmt: skip
        extra_kwargs = {
            "number": {"help_text": "E.164: a plus, the country code and the number."},
            "max_live_calls": {"help_text": "Most calls that it may carry at one time."},
        }


class DIDFilter(django_filters.FilterSet):
    """Filters of DIDs."""

    number = NumberFilter()

    class Meta:
        model = DID
        fields = ("account", "number", "is_active")


class DIDViewSet(EditViewSet[DID]):
    """Numbers that calls are placed from, each with its own limit."""

    queryset = DID.objects.all()
    serializer_class = DIDSerializer
    filterset_class = DIDFilter


class DIDGroupSerializer(TellsStops, CleanedModelSerializer[DIDGroup]):
    """DIDs that campaigns take together."""

    class Meta:
        model = DIDGroup
        fields = ("id", "name", "account", "dids", "warnings", "created_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``. Raises ValidationError for DIDs of another account."""
        attrs = super().validate(attrs)
        group = self.instance if isinstance(self.instance, DIDGroup) else None
        account = attrs.get("account") or getattr(group, "account", None)
        dids = attrs["dids"] if "dids" in attrs else group.dids.all() if group else ()
        foreign = [str(did.pk) for did in dids if account and did.account_id != account.pk]
        if foreign:
            raise serializers.ValidationError({"dids": f"Not of account {account}: DID {', '.join(foreign)}."})
        return attrs


class DIDGroupViewSet(EditViewSet[DIDGroup]):
    """Groups of DIDs: what is added to a group is its campaigns' at once."""

    queryset = DIDGroup.objects.prefetch_related("dids")
    serializer_class = DIDGroupSerializer


class AgentFilter(django_filters.FilterSet):
    """Filters of agents."""

    class Meta:
        model = Agent
        fields = ("account", "kind", "is_available", "is_disabled_there")


class AgentViewSet(SwitchingMixin, EditViewSet[Agent]):
    """Humans who take calls: one call at a time, then wrap-up."""

    queryset = Agent.objects.all()
    serializer_class = AgentSerializer
    filterset_class = AgentFilter
