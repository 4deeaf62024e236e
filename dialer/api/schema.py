"""How the OpenAPI document is made: every operation also shows the errors it can answer with."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from dialer.once import KEY_LENGTH


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One sentence about one field."""

    field = serializers.CharField(help_text="Path of the field, e.g. `rows[3].number`; empty: about the whole.")
    row = serializers.IntegerField(allow_null=True, help_text="Number of the row, counted from 1, inside `rows`.")
    message = serializers.CharField(help_text="What is wrong, in a sentence.")


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="A word for programs, e.g. `invalid`, `not_found`, `wrong_state`.")
    message = serializers.CharField(help_text="A sentence for people.")
    fields = FieldErrorSerializer(many=True, help_text="Every problem, one entry each.")  # type: ignore[assignment]


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = ErrorDetailSerializer()


DESCRIPTIONS = {
    "400": "The request is not valid; nothing was changed.",
    "401": "No token, or a wrong one.",
    "403": "The user may not do this.",
    "404": "There is no such object.",
    "409": "It does not fit the present state; nothing was changed.",
}


KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": KEY_LENGTH},
    "description": "Any text, one per thing that is to be done. Sent again with the same body, the first answer is "
    "given and nothing is done again; with another body it is refused with 409.",
}


class Schema(AutoSchema):
    """AutoSchema with the errors of each operation, and the header that each POST takes."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        return [*parameters, KEY_PARAMETER] if self.method == "POST" else parameters

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._error_statuses():
            if status not in bodies:
                body = self._get_response_for_code(ErrorSerializer, status)  # type: ignore[no-untyped-call]
                bodies[status] = {**body, "description": DESCRIPTIONS[status]}
        return bodies

    def _error_statuses(self) -> list[str]:
        if not self.get_auth() or not self.view.permission_classes:
            return []
        statuses = ["400", "401", "403"]
        if "{" in self.path:
            statuses.append("404")
        if self.method in ("DELETE", "POST", "PUT", "PATCH"):
            statuses.append("409")
        return statuses
