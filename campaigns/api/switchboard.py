"""The kill switch of the whole house."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.operations import conflicts
from campaigns.api.uploads import validated
from campaigns.hosting.switching import not_surely_off
from campaigns.lifecycle.home import confirm, shown
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import Attempt, HostedDialer
from dialer.acts.telephone import CONFIRM_HOME, SEE_SWITCHBOARD, TURN_SWITCH
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView
from dialer.models import Switchboard


class SwitchSerializer(StrictSerializer):
    """Which way to turn it, and why."""

    dialing_allowed = serializers.BooleanField(help_text="False stops every campaign of every account.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class DifferenceSerializer(serializers.Serializer[Any]):
    """Something that is not as it was confirmed."""

    what = serializers.CharField()
    was = serializers.CharField()
    now = serializers.CharField()


class HomeSerializer(serializers.Serializer[Any]):
    """What tells this database from a copy of itself."""

    is_in_doubt = serializers.BooleanField(help_text="True: nobody is rung until a person confirms.")
    doubt_since = serializers.DateTimeField(allow_null=True, help_text="Names the doubt when it is confirmed.")
    differences = DifferenceSerializer(many=True)
    last_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="When a worker was last at work here; what came later elsewhere may be missing."
    )
    running_campaigns = serializers.ListField(
        child=serializers.CharField(), help_text="That would have gone on by themselves when the doubt arose."
    )
    live_attempts = serializers.IntegerField(help_text="Attempts without an end when the doubt arose.")
    dialers_on = serializers.ListField(
        child=serializers.CharField(), help_text="Campaigns whose dialers at the provider may be on."
    )
    unknown_references = serializers.IntegerField(
        help_text="Reports of calls that bear references of ours and are unknown here: somebody else placed them."
    )
    unknown_since = serializers.DateTimeField(allow_null=True)
    unknown_at = serializers.DateTimeField(allow_null=True, help_text="When the latest of them came.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    confirmed_by = serializers.CharField()
    wrong_clocks = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Workers that place nothing, with the seconds by which their clocks are ahead of PostgreSQL's.",
    )


class ConfirmSerializer(StrictSerializer):
    """Which doubt is ended, and whether dialing goes on."""

    doubt_since = serializers.DateTimeField(help_text="As `home.doubt_since` says: what was shown is confirmed.")
    allow_dialing = serializers.BooleanField(
        default=True, help_text="False: the switchboard stays off until it is turned on."
    )


class SwitchboardSerializer(serializers.ModelSerializer[Switchboard]):
    """The switch as it is, and the calls under way."""

    changed_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Null: it was never turned.")
    in_flight = serializers.SerializerMethodField(help_text="Ids of attempts that are not over.")
    unconfirmed = serializers.SerializerMethodField(
        help_text="While dialing is stopped: the dialers at providers that are not confirmed to be off, and why."
    )

    home = serializers.SerializerMethodField(
        help_text="Whether this database may be a copy: then nobody is rung until a person confirms it."
    )

    class Meta:
        model = Switchboard
        fields = ("dialing_allowed", "reason", "changed_at", "changed_by", "in_flight", "unconfirmed", "home")

    @extend_schema_field(HomeSerializer)
    def get_home(self, _: Switchboard) -> dict[str, Any]:
        """Return what is known of the home."""
        return dict(HomeSerializer(shown()).data)

    def get_in_flight(self, _: Switchboard) -> list[int]:
        """Return the ids of live attempts."""
        return list(Attempt.objects.filter(ended_at=None).order_by("id").values_list("id", flat=True))

    def get_unconfirmed(self, switchboard: Switchboard) -> list[str]:
        """Return a sentence for each dialer that may still be calling."""
        ids = [] if switchboard.dialing_allowed else not_surely_off(of=HostedDialer.objects.all())
        dialers = HostedDialer.objects.filter(pk__in=ids).select_related("campaign")
        return [
            f"The dialer of campaign {one.campaign.name}: {one.switch_problem or 'no answer yet'}" for one in dialers
        ]


class SwitchboardView(ApiView):
    """The organisation-wide kill switch."""

    act = {"GET": SEE_SWITCHBOARD, "POST": TURN_SWITCH}

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


class ConfirmHomeView(ApiView):
    """The confirming that this database is the one that dials."""

    act = CONFIRM_HOME

    @extend_schema(operation_id="switchboard_confirm_home", request=ConfirmSerializer, responses=SwitchboardSerializer)
    def post(self, request: Request) -> Response:
        """Say that no other installation dials from this data, and what may be missing is made up for.

        409 when there is no doubt, or another one than `doubt_since` names.
        """
        wanted = validated(ConfirmSerializer(data=request.data))
        with conflicts():
            confirm(
                since=wanted["doubt_since"],
                allow_dialing=wanted["allow_dialing"],
                by=request.user.get_username(),
                now=timezone.now(),
            )
        return Response(SwitchboardSerializer(the_switchboard()).data)


def the_switchboard() -> Switchboard:
    """Return the one row, or what it means that there is none yet: allowed."""
    return Switchboard.objects.filter(pk=1).first() or Switchboard()
