"""Erasures: one person, by a number, everywhere; asked for here, done by a worker, with its proof."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from campaigns.erasure.own_rows import Refused
from campaigns.erasure.runs import ask
from campaigns.models import Erasure
from dialer.api.errors import Conflict
from dialer.api.strict import StrictSerializer
from dialer.api.views import EditViewSet


class ErasureSerializer(StrictSerializer, serializers.ModelSerializer[Erasure]):
    """A person who is erased, and the proof of it. The number is taken and never shown. Times are UTC."""

    number = serializers.CharField(
        write_only=True, max_length=40, help_text="The person's number, with its country code, in any spelling."
    )
    is_proven = serializers.BooleanField(read_only=True, help_text="Done, and a search afterwards found nothing.")

    class Meta:
        model = Erasure
        fields = (
            "id", "number", "never_call", "reason", "state", "step", "asked_by", "asked_at", "begun_at", "ended_at",
            "problem", "is_proven", "erased", "still_found", "kept", "not_reachable", "is_suppressed",
        )  # fmt: skip
        read_only_fields = (
            "state", "step", "asked_by", "asked_at", "begun_at", "ended_at", "problem", "erased", "still_found", "kept",
            "not_reachable", "is_suppressed",
        )  # fmt: skip

    def create(self, validated_data: Any) -> Erasure:
        """Ask for it. Raises ValidationError for what is no number, Conflict while a call is under way."""
        try:
            return ask(
                number=validated_data["number"],
                never_call=validated_data.get("never_call", False),
                reason=validated_data.get("reason", ""),
                by=validated_data["asked_by"],
                now=timezone.now(),
            )
        except Refused as problem:
            raise Conflict(code="under_way", problems=[str(problem)]) from problem
        except ValueError as problem:
            raise ValidationError({"number": str(problem)}) from problem


class ErasureFilter(django_filters.FilterSet):
    """Filters of erasures."""

    class Meta:
        model = Erasure
        fields = ("state", "asked_by")


class ErasureViewSet(EditViewSet[Erasure]):
    """Persons who were erased, newest first. POST erases one: 201 with WAITING; ask for the row until it is DONE."""

    queryset = Erasure.objects.all()
    serializer_class = ErasureSerializer
    filterset_class = ErasureFilter
    http_method_names = ("get", "post", "head", "options")

    def perform_create(self, serializer: Any) -> None:
        """Ask with the name of who asks."""
        serializer.save(asked_by=self.request.user.get_username())
