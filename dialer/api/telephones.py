"""DIDs and agents: the numbers that calls are placed from, and the humans who take them."""

from __future__ import annotations

import django_filters

from dialer.api.filters import NumberFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet
from dialer.models import DID, Agent


class DIDSerializer(CleanedModelSerializer[DID]):
    """A number that calls are placed from."""

    class Meta:
        model = DID
        fields = ("id", "account", "number", "label", "max_live_calls", "is_active", "created_at")
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


class AgentSerializer(CleanedModelSerializer[Agent]):
    """A human who takes calls."""

    class Meta:
        model = Agent
        fields = (
            "id", "account", "name", "kind", "address", "max_live_calls", "wrap_up_seconds", "is_available",
            "created_at",
        )  # fmt: skip


class AgentFilter(django_filters.FilterSet):
    """Filters of agents."""

    class Meta:
        model = Agent
        fields = ("account", "kind", "is_available")


class AgentViewSet(EditViewSet[Agent]):
    """Humans who take calls: one call at a time, then wrap-up."""

    queryset = Agent.objects.all()
    serializer_class = AgentSerializer
    filterset_class = AgentFilter
