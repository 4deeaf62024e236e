"""How the OpenAPI document is made: every operation also shows the errors it can answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from dialer.api.chosen_fields import FIELDS
from dialer.once import KEY_LENGTH
from dialer.serving.problems import PROBLEM_JSON


class TimeOfDay(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time by the clock of a zone that another field names: the format `time` of JSON Schema has an offset."""

    target_class = "rest_framework.fields.TimeField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema."""
        return {"type": "string", "pattern": r"^\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?$", "example": "10:00:00"}


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


class ProblemSerializer(serializers.Serializer[Any]):
    """The same as RFC 9457 has it, for who accepts application/problem+json."""

    type = serializers.CharField(help_text="about:blank: `title` says what the status means.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people.")
    instance = serializers.CharField(help_text="Path of the request.")
    code = serializers.CharField(help_text="A word for programs.")
    fields = FieldErrorSerializer(many=True)  # type: ignore[assignment]


#: What each status of an error means, and an error that has it.
ERRORS = {
    "400": ("The request is not valid; nothing was changed.", "invalid", "name: This field is required."),
    "401": ("No key, or a wrong one.", "not_authenticated", "Authentication credentials were not provided."),
    "403": ("The user, or the key, may not do this.", "permission_denied", "This needs: campaigns.change_campaign."),
    "404": ("There is no such object, or no such page.", "not_found", "Not found."),
    "408": ("The body ended early, or took too long to arrive.", "broken_off", "The body broke off. Send it again."),
    "409": ("It does not fit the present state; nothing was changed.", "wrong_state", "The campaign is STOPPED."),
    "413": ("The body is larger than is taken.", "too_large", "The body is too large."),
    "415": ("The body is of a kind that is not taken: send JSON.", "unsupported_media_type", "Send application/json."),
    "429": ("Too many requests: ask again after `Retry-After` seconds.", "throttled", "Available in 7 seconds."),
    "502": ("The provider did not give what was asked of it.", "provider_failed", "The provider answered 500."),
    "503": ("The database does not answer, or it takes too long.", "unavailable", "The database did not answer."),
}  # fmt: skip
CONFLICT = "409"
PROVIDER_FAILED = "502"

KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": KEY_LENGTH},
    "description": "Any text, one per thing that is to be done. Sent again with the same body, the first answer is "
    "given and nothing is done again; with another body it is refused with 409.",
}
FIELDS_PARAMETER = {
    "in": "query",
    "name": FIELDS,
    "schema": {"type": "string"},
    "description": "Names of fields, separated by commas: the reply has these only.",
}
SEEN_PARAMETER = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The `ETag` of an earlier reply: 304, without a body, while nothing has changed.",
}
#: Headers of replies: what they say, and of what kind they are.
HEADERS = {
    "Retry-After": ("In how many seconds to ask again.", "integer"),
    "RateLimit-Limit": ("Requests that this key may send in a minute.", "integer"),
    "RateLimit-Remaining": ("How many of them are left.", "integer"),
    "RateLimit-Reset": ("In how many seconds its minute is over.", "integer"),
    "ETag": ("To be sent as `If-None-Match`.", "string"),
    "Idempotent-Replayed": ("`true`: this answer was given before, and nothing was done again.", "string"),
}
OF_EVERY_ANSWER = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
#: What an address of a row is matched by (dialer.api.views): a number, which the library takes for a text of digits.
OF_ROWS = "^[0-9]+$"
#: Names of methods for what every table can do.
VERBS = {"retrieve": "get", "partial_update": "update", "destroy": "delete"}


class Schema(AutoSchema):
    """AutoSchema with the errors of each operation, the headers that it takes, and names that make good methods."""

    def get_operation_id(self) -> str:
        """Return the resource and what is done to it: `campaigns_list`, `campaigns_start`, `accounts_add_agent`."""
        action = getattr(self.view, "action", None)
        if not action:
            return str(super().get_operation_id())
        resource = self.path.removeprefix("/api/v1/").split("/", 1)[0].replace("-", "_")
        return f"{resource}_{VERBS.get(action, action)}"

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        for one in parameters:
            if one["in"] == "path" and one["schema"].get("pattern") == OF_ROWS:
                one["schema"] = {"type": "integer"}
        if self.method != "GET":
            return [*parameters, KEY_PARAMETER]
        if getattr(self.view, "action", None) in ("list", "retrieve") or getattr(self.view, "shows_fields", False):
            return [*parameters, FIELDS_PARAMETER, SEEN_PARAMETER]
        return parameters

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if any(one["name"] == SEEN_PARAMETER["name"] for one in self._get_parameters()):
            bodies["304"] = {"description": "Nothing has changed since the reply with the ETag that was sent."}
        for status in self._error_statuses():
            if status not in bodies:
                bodies[status] = self._error(status)
        for status, body in bodies.items():
            if headers := self._headers(status, body):
                body.setdefault("headers", {}).update(headers)
        return bodies

    def _headers(self, status: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the headers that an answer of this status has, where it is one to somebody with a key."""
        if not self._error_statuses():
            return {}
        names = ["Retry-After"] if status in ("429", "503") else []
        if status == "429" or status < "400":
            names += OF_EVERY_ANSWER
        if status < "400" and self.method != "GET":
            names.append("Idempotent-Replayed")
        elif status == "304" or (status < "400" and "application/json" in body.get("content", {})):
            names.append("ETag")  # a file that is streamed has none
        return {name: {"description": HEADERS[name][0], "schema": {"type": HEADERS[name][1]}} for name in names}

    def _error(self, status: str) -> dict[str, Any]:
        said, code, message = ERRORS[status]
        body = self._get_response_for_code(ErrorSerializer, status)  # type: ignore[no-untyped-call]
        problem = self._get_response_for_code(ProblemSerializer, status)  # type: ignore[no-untyped-call]
        shown = dict(body["content"]["application/json"])
        shown["example"] = {"error": {"code": code, "message": message, "fields": []}}
        content = {"application/json": shown, PROBLEM_JSON: problem["content"]["application/json"]}
        return {"description": said, "content": content}

    def _error_statuses(self) -> list[str]:
        if not self.get_auth() or not self.view.permission_classes:
            return []
        statuses = ["400", "401", "403", "404", "429", "503"]
        if self.method in ("DELETE", "POST", "PUT", "PATCH"):
            statuses += ["408", "409", "413", "415"]
        return sorted({*statuses, *getattr(self.view, "also_answers", ())})
