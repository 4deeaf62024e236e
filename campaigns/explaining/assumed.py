"""What a preflight assumes of people unless it is told something else, and how that is read from a request."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AssumedSerializer(serializers.Serializer[Any]):
    """How people are assumed to answer."""

    talk_seconds = serializers.FloatField(min_value=0, max_value=7200, default=60)
    ring_seconds = serializers.FloatField(min_value=0, max_value=300, default=20)
    answer_percent = serializers.FloatField(min_value=0, max_value=100, default=40)
