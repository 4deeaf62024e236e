"""POST /campaigns/{id}/archive/ and /unarchive/: what is over is put away."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import ARRANGE
from campaigns.api.operations import conflicts
from campaigns.lifecycle.arranging import archive_campaign, unarchive_campaign


class ArchivedSerializer(serializers.Serializer[Any]):
    """Since when it is put away."""

    id = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ArrangingMixin:
    """Adds archiving to the viewset of campaigns."""

    get_object: Any

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
