"""The result of a call, by a synchronous view."""

from __future__ import annotations

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.plain import settings
from tests.benchmarks.plain.models import Attempt
from tests.benchmarks.plain.tasks import LIVE, counter


class ResultSerializer(serializers.Serializer[dict[str, object]]):
    """What the provider pushes."""

    reference = serializers.UUIDField()
    call_id = serializers.CharField()
    disposition = serializers.CharField(required=False, allow_blank=True)
    duration = serializers.CharField(required=False, allow_blank=True)
    recording_url = serializers.CharField(required=False, allow_blank=True)
    transcript = serializers.CharField(required=False, allow_blank=True)


class ResultView(APIView):
    """Saves what became of a call, and frees its line."""

    def post(self, request: Request) -> Response:
        """Take one result in."""
        if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.PUSH_TOKEN}"):
            raise NotAuthenticated
        pushed = ResultSerializer(data=request.data)
        pushed.is_valid(raise_exception=True)
        with transaction.atomic():
            found = Attempt.objects.select_for_update().select_related("lead")
            attempt = get_object_or_404(found, reference=pushed.validated_data["reference"])
            if attempt.state == "ENDED":
                return Response({})
            attempt.state, attempt.ended_at = "ENDED", timezone.now()
            attempt.call_id = pushed.validated_data["call_id"]
            attempt.result = request.data
            attempt.save()
            attempt.lead.state = "DONE"
            attempt.lead.save()
        counter().decr(LIVE)
        return Response({})
