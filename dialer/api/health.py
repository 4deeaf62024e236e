"""Whether the process lives, and whether what it needs can be reached. Neither asks for a token."""

from __future__ import annotations

import time
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.api.views import ApiView
from dialer.redis_address import redis_address
from dialer.version import VERSION

REDIS_TIMEOUT_SECONDS = 1.0


class HealthSerializer(serializers.Serializer[Any]):
    """The process lives."""

    status = serializers.CharField(help_text="`ok`.")
    version = serializers.CharField(help_text="Of the program that answers.")


class ReadySerializer(serializers.Serializer[Any]):
    """What can be reached."""

    ready = serializers.BooleanField()
    database = serializers.CharField(help_text="`ok`, or `unreachable`: it does not answer, or takes no writes.")
    redis = serializers.CharField(help_text="`ok` or `unreachable`.")


class OpenView(ApiView):
    """A view for load balancers: no token, no session."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class HealthView(OpenView):
    """Liveness."""

    @extend_schema(operation_id="health", responses=HealthSerializer, auth=[])
    def get(self, request: Request) -> Response:
        """Answer that the process lives; touches no service."""
        return Response({"status": "ok", "version": VERSION})


class ReadyView(OpenView):
    """Readiness."""

    @extend_schema(operation_id="ready", responses={200: ReadySerializer, 503: ReadySerializer}, auth=[])
    def get(self, request: Request) -> Response:
        """Answer 200 when the database and Redis can be reached, else 503; the reply names which is not."""
        found = {"database": _word(database_answers()), "redis": _word(redis_answers())}
        ready = set(found.values()) == {"ok"}
        return Response(
            {"ready": ready, **found}, status=status.HTTP_200_OK if ready else status.HTTP_503_SERVICE_UNAVAILABLE
        )


def _word(answers: bool) -> str:
    return "ok" if answers else "unreachable"


#: PostgreSQL is asked to write at most this often by one process.
WRITE_EVERY_SECONDS = 1.0
_wrote_at_seconds = float("-inf")


def database_answers() -> bool:
    """Return whether the database takes writes: a lock of a row is one, refused where nothing can be written.

    It leaves no dead row behind. A connection that fails is closed, so that the next question finds the server that is
    there by then.
    """
    global _wrote_at_seconds
    if time.monotonic() - _wrote_at_seconds < WRITE_EVERY_SECONDS:
        return True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM dialer_installation WHERE id = 1 FOR KEY SHARE")
            found = cursor.fetchone() is not None
    except Error:
        connection.close()
        return False
    if found:
        _wrote_at_seconds = time.monotonic()
    return found


def redis_answers() -> bool:
    """Return whether Redis answers a ping within a second."""
    client = redis_address(settings.REDIS_URL).client(
        socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
    )
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()
