"""The kill switch of the whole house."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.operations import conflicts
from campaigns.api.uploads import validated
from campaigns.hosting.switching import not_surely_off
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import Attempt, HostedDialer
from dialer.api.permissions import needs
from dialer.api.views import ApiView
from dialer.models import Switchboard


class SwitchSerializer(serializers.Serializer[Any]):
    """Which way to turn it, and why."""

    dialing_allowed = serializers.BooleanField(help_text="False stops every campaign of every account.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class SwitchboardSerializer(serializers.ModelSerializer[Switchboard]):
    """The switch as it is, and the calls under way."""

    in_flight = serializers.SerializerMethodField(help_text="Ids of attempts that are not over.")
    unconfirmed = serializers.SerializerMethodField(
        help_text="While dialing is stopped: the dialers at providers that are not confirmed to be off, and why."
    )

    class Meta:
        model = Switchboard
        fields = ("dialing_allowed", "reason", "changed_at", "changed_by", "in_flight", "unconfirmed")

    def get_in_flight(self, _: Switchboard) -> list[int]:
        """Return the ids of live attempts."""
        return list(Attempt.objects.filter(ended_at=None).order_by("id").values_list("id", flat=True))

    def get_unconfirmed(self, switchboard: Switchboard) -> list[str]:
        """Return a sentence for each dialer that may still be calling."""
        ids = [] if switchboard.dialing_allowed else not_surely_off(campaign_id=None)
        dialers = HostedDialer.objects.filter(pk__in=ids).select_related("campaign")
        return [
            f"The dialer of campaign {one.campaign.name}: {one.switch_problem or 'no answer yet'}" for one in dialers
        ]


class SwitchboardView(ApiView):
    """The organisation-wide kill switch."""

    permission_classes = (needs(reads=("dialer.view_switchboard",), writes=("campaigns.change_campaign",)),)

    @extend_schema(operation_id="switchboard_read", responses=SwitchboardSerializer)
    def get(self, request: Request) -> Response:
        """Show whether calls may be placed at all."""
        return Response(SwitchboardSerializer(the_switchboard()).data)

    @extend_schema(operation_id="switchboard_turn", request=SwitchSerializer, responses=SwitchboardSerializer)
    def post(self, request: Request) -> Response:
        """Forbid or allow calls. When it answers after forbidding, no new call starts; see `in_flight` for the rest."""
        wanted = validated(SwitchSerializer(data=request.data))
        with conflicts():
            set_dialing_allowed(
                allowed=wanted["dialing_allowed"],
                reason=wanted["reason"],
                by=request.user.get_username(),
                now=timezone.now(),
            )
        return Response(SwitchboardSerializer(the_switchboard()).data)


def the_switchboard() -> Switchboard:
    """Return the one row, or what it means that there is none yet: allowed."""
    return Switchboard.objects.filter(pk=1).first() or Switchboard()
