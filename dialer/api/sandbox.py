"""POST /accounts/sandbox/: the account of a provider by which nobody is called."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer import providers
from dialer.accounts.sandbox import NoSandbox, open_sandbox
from dialer.acts.telephone import OPEN_SANDBOX
from dialer.api.strict import StrictSerializer


class SandboxSerializer(StrictSerializer):
    """Whose API is played."""

    provider = serializers.ChoiceField(choices=providers.choices(), help_text="Slug of the provider that is played.")


class SandboxMixin:
    """Adds the sandbox to the viewset of accounts."""

    get_serializer: Any

    @extend_schema(request=SandboxSerializer)
    @action(detail=False, methods=["post"], act=OPEN_SANDBOX)
    def sandbox(self, request: Request) -> Response:
        """Open the sandbox account of a provider, or answer with the one there is: its calls ring nobody."""
        asked = SandboxSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            account = open_sandbox(**asked.validated_data)
        except NoSandbox as problem:
            raise serializers.ValidationError({"provider": str(problem)}) from problem
        return Response(self.get_serializer(account).data, status=201)
