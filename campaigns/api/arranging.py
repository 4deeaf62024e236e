"""POST /campaigns/{id}/clone/, /archive/ and /unarchive/: a copy to begin from, and what is over put away."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import ARRANGE, CLONE
from campaigns.api.operations import conflicts
from campaigns.api.uploads import validated
from campaigns.lifecycle.arranging import NAME_LENGTH, archive_campaign, clone_campaign, unarchive_campaign


class CloneSerializer(serializers.Serializer[Any]):
    """What the copy is called."""

    name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=NAME_LENGTH, help_text="Empty: the name and “(copy)”."
    )


class ClonedSerializer(serializers.Serializer[Any]):
    """The draft that was made."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField()


class ArchivedSerializer(serializers.Serializer[Any]):
    """Since when it is put away."""

    id = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ArrangingMixin:
    """Adds cloning and archiving to the viewset of campaigns."""

    get_object: Any

    @extend_schema(request=CloneSerializer, responses={201: ClonedSerializer})
    @action(detail=True, methods=["post"], act=CLONE)
    def clone(self, request: Request, pk: str) -> Response:
        """Make a draft like it, whatever its state; dates that are past are left out."""
        wanted = validated(CloneSerializer(data=request.data))
        campaign_id, by = self.get_object().pk, request.user.get_username()
        with conflicts():
            made = clone_campaign(campaign_id=campaign_id, by=by, now=timezone.now(), **wanted)
        return Response(ClonedSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ArchivedSerializer)
    @action(detail=True, methods=["post"], act=ARRANGE)
    def archive(self, request: Request, pk: str) -> Response:
        """Put a draft, or what is over, away: `?archived=false` leaves it out."""
        with conflicts():
            return Response(
                ArchivedSerializer(archive_campaign(campaign_id=self.get_object().pk, now=timezone.now())).data
            )

    @extend_schema(request=None, responses=ArchivedSerializer)
    @action(detail=True, methods=["post"], act=ARRANGE)
    def unarchive(self, request: Request, pk: str) -> Response:
        """Take it out of the archive."""
        return Response(ArchivedSerializer(unarchive_campaign(campaign_id=self.get_object().pk)).data)
