"""Agents and extensions at the provider, over REST: added, enabled, disabled, expiring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.staffing import UnableToStaff, add_agent, add_extension, expire_agent, switch_agent
from dialer.acts.telephone import CHANGE_AGENTS, HIRE
from dialer.api.errors import Conflict
from dialer.api.saving import CleanedModelSerializer
from dialer.api.stops import TellsStops
from dialer.api.strict import StrictSerializer
from dialer.models import ProviderAccount, e164
from dialer.models.agents import Agent
from dialer.providers.parts.staff import NewExtension

T = TypeVar("T")


class NewAgentSerializer(StrictSerializer):
    """A new agent with a login."""

    name = serializers.CharField(max_length=100)
    email = serializers.EmailField()
    phone = serializers.CharField(validators=[e164], help_text="E.164.")
    password = serializers.CharField(
        max_length=100, write_only=True, help_text="Goes to the provider, and is not kept: A–Z, a–z, 0–9 and another."
    )


class NewExtensionSerializer(StrictSerializer):
    """A new group extension with its user."""

    ext_no = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=100)
    did = serializers.CharField(validators=[e164], help_text="E.164; one of the account's DIDs.")
    password = serializers.CharField(max_length=100, write_only=True)
    recording_id = serializers.CharField(max_length=40)
    call_forwarding = serializers.BooleanField(default=False)
    connection = serializers.BooleanField(default=True)
    expires_on = serializers.DateField(required=False, help_text="The last day, by the account's clock.")
    email = serializers.EmailField(required=False)
    phone = serializers.CharField(required=False, validators=[e164], help_text="E.164.")


class LastDaySerializer(StrictSerializer):
    """The last day on which an agent takes calls."""

    expires_on = serializers.DateField(help_text="By the clock of the account's time zone.")


class StaysWithAccount(serializers.Serializer[Any]):
    """Mixin of the lines of an account: attempts, and campaigns of the account, name them."""

    def validate_account(self, account: ProviderAccount) -> ProviderAccount:
        """Return the account. Raises ValidationError when a line would move to another one."""
        if self.instance is not None and account.pk != self.instance.account_id:
            raise serializers.ValidationError("This belongs to its account for good: add it to the other one instead.")
        return account


class AgentSerializer(StaysWithAccount, TellsStops, CleanedModelSerializer[Agent]):
    """A human who takes calls."""

    class Meta:
        model = Agent
        fields = (
            "id", "account", "name", "kind", "address", "max_live_calls", "wrap_up_seconds", "is_available",
            "expires_at", "is_disabled_there", "expires_there_at", "warnings", "created_at",
        )  # fmt: skip
        read_only_fields = ("is_disabled_there", "expires_there_at")


class StaffingMixin:
    """Adds agents and extensions to the viewset of accounts."""

    get_object: Any

    @extend_schema(request=NewAgentSerializer, responses={201: AgentSerializer})
    @action(detail=True, methods=["post"], url_path="add-agent", act=HIRE)
    def add_agent(self, request: Request, pk: str) -> Response:
        """Add an agent at the provider and here. Again with the same phone: the one that is there. 409: why not."""
        given = _given(NewAgentSerializer(data=request.data))
        made = _told(lambda: add_agent(account=self.get_object(), **given))
        return Response(AgentSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NewExtensionSerializer, responses={201: AgentSerializer})
    @action(detail=True, methods=["post"], url_path="add-extension", act=HIRE)
    def add_extension(self, request: Request, pk: str) -> Response:
        """Add a group extension with its user at the provider, and its agent here."""
        given = _given(NewExtensionSerializer(data=request.data))
        wanted = NewExtension(extension=given.pop("ext_no"), **given)
        made = _told(lambda: add_extension(account=self.get_object(), wanted=wanted))
        return Response(AgentSerializer(made).data, status=status.HTTP_201_CREATED)


class SwitchingMixin:
    """Adds what the provider does with an agent to the viewset of agents."""

    get_object: Any

    @extend_schema(request=None, responses=AgentSerializer)
    @action(detail=True, methods=["post"], act=CHANGE_AGENTS, takes_body=False)
    def enable(self, request: Request, pk: str) -> Response:
        """Have the provider let the agent's extension take calls. Doing it again does no harm."""
        agent = self.get_object()
        _told(lambda: switch_agent(agent=agent, is_enabled=True, now=timezone.now()))
        return Response(AgentSerializer(agent).data)

    @extend_schema(request=None, responses=AgentSerializer)
    @action(detail=True, methods=["post"], act=CHANGE_AGENTS, takes_body=False)
    def disable(self, request: Request, pk: str) -> Response:
        """Have the provider switch the agent's extension off; it is given no new calls."""
        agent = self.get_object()
        _told(lambda: switch_agent(agent=agent, is_enabled=False, now=timezone.now()))
        return Response(AgentSerializer(agent).data)

    @extend_schema(request=LastDaySerializer, responses=AgentSerializer)
    @action(detail=True, methods=["post"], act=CHANGE_AGENTS)
    def expire(self, request: Request, pk: str) -> Response:
        """Have the provider switch the agent's extension off after a day."""
        given, agent = _given(LastDaySerializer(data=request.data)), self.get_object()
        _told(lambda: expire_agent(agent=agent, now=timezone.now(), **given))
        return Response(AgentSerializer(agent).data)


def _given(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _told(work: Callable[[], T]) -> T:
    """Return what ``work`` does. A refusal of one field is 400 at that field, any other one 409."""
    try:
        return work()
    except UnableToStaff as error:
        if error.field:
            raise serializers.ValidationError({error.field: error.reason}) from error
        raise Conflict(code="uncertain" if error.may_be_done else "unable", problems=[error.reason]) from error
