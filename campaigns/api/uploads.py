"""POST /lists/{id}/upload/: a CSV file, a raw CSV body or rows as JSON, answered once however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import orjson
from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import OVERWRITE, UPLOAD
from campaigns.api.bodies import CsvBodyParser, WorkbookBodyParser
from campaigns.api.imports import ImportResultSerializer
from campaigns.api.taking import IF_DUPLICATE, Taken, take_file, take_rows
from campaigns.importing import Choices
from campaigns.models import ContactImport, ContactList, ImportState
from campaigns.models.file_choices import valid_delimiter, valid_encoding
from dialer.api.errors import Refused
from dialer.api.json_bodies import JsonParser
from dialer.api.keyed import idempotency_key
from dialer.api.permissions import refuse_unless
from dialer.api.strict import StrictSerializer

MOST_ROWS = 10_000


class UploadOptionsSerializer(StrictSerializer):
    """How to read an upload."""

    phone_column = serializers.CharField(
        required=False, max_length=100, help_text="Column of the numbers; not given: found by its name."
    )
    encoding = serializers.CharField(
        required=False,
        max_length=20,
        validators=[valid_encoding],
        help_text="E.g. windows-1251; not given: UTF-8.",
    )
    delimiter = serializers.CharField(
        required=False,
        max_length=20,
        trim_whitespace=False,
        validators=[valid_delimiter],
        help_text="Comma, semicolon, tab, pipe or a sign; not given: found in the first line.",
    )
    sheet = serializers.CharField(
        required=False,
        max_length=100,
        help_text="Name or number; not given: the first shown one that holds a table.",
    )
    if_duplicate = serializers.ChoiceField(
        choices=IF_DUPLICATE, default=IF_DUPLICATE[0], help_text="What to do with a number that the list has already."
    )
    file_name = serializers.CharField(required=False, max_length=255, help_text="A name for a raw CSV body.")


class UploadFileSerializer(UploadOptionsSerializer):
    """A CSV file or an Excel workbook (.xlsx), with a header row."""

    file = serializers.FileField()


class UploadRowsSerializer(StrictSerializer):
    """Rows as objects, each with the columns that a CSV file would have."""

    rows = serializers.ListField(
        child=serializers.DictField(), allow_empty=False, max_length=MOST_ROWS, help_text=f"1 to {MOST_ROWS} rows."
    )
    phone_column = serializers.CharField(required=False, max_length=100, help_text="Key of the numbers.")
    if_duplicate = serializers.ChoiceField(choices=IF_DUPLICATE, default=IF_DUPLICATE[0])

    def validate_rows(self, rows: list[Any]) -> list[Any]:
        """Return the rows. Raises ValidationError for what cannot be stored."""
        return storable(rows)


ROWS_EXAMPLE = OpenApiExample(
    "Two rows",
    value={"rows": [{"phone": "+919812345678", "name": "Asha"}, {"phone": "98123 45679"}]},
    request_only=True,
)


class UploadMixin:
    """Adds the upload to the viewset of lists."""

    get_object: Any

    def body_limit_bytes(self, request: Request) -> int:
        """Return the largest body taken, in bytes: files may be larger than what is held in memory."""
        is_file = not (request.content_type or "").startswith("application/json")
        if getattr(self, "action", None) == "upload" and is_file:
            return int(settings.DIALER_UPLOAD_MAX_BYTES)
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    @extend_schema(
        parameters=[UploadOptionsSerializer],
        request={
            "multipart/form-data": UploadFileSerializer,
            CsvBodyParser.media_type: {"type": "string", "format": "binary"},
            WorkbookBodyParser.media_type: {"type": "string", "format": "binary"},
            "application/json": UploadRowsSerializer,
        },
        responses={
            201: OpenApiResponse(ImportResultSerializer, description="Read: its sums and its first refusals."),
            200: OpenApiResponse(ImportResultSerializer, description="Read before under the same Idempotency-Key."),
            202: OpenApiResponse(ImportResultSerializer, description="Taken and being read: ask `url` for its state."),
        },
        examples=[ROWS_EXAMPLE],
    )
    @action(
        detail=True,
        methods=["post"],
        parser_classes=[MultiPartParser, CsvBodyParser, WorkbookBodyParser, JsonParser],
        act=UPLOAD,
        keeps_keys=True,
        reads_query=True,
    )
    def upload(self, request: Request, pk: str) -> Response:
        """Upload contacts to a list. Bad rows are refused one by one, the others are taken."""
        contact_list: ContactList = self.get_object()
        key = idempotency_key(request)
        if request.FILES:
            taken = self._take_file(request, contact_list, key)
        else:
            sent = request.data
            given = {**request.query_params.dict(), **sent} if isinstance(sent, Mapping) else sent
            body = validated(UploadRowsSerializer(data=given))
            refuse_overwriting(request, body)
            taken = take_rows(contact_list=contact_list, idempotency_key=key, **body)
        return reply(request, taken)

    def _take_file(self, request: Request, contact_list: ContactList, key: str | None) -> Taken:
        file = request.FILES.get("file")
        if file is None:
            raise ValidationError({"file": "Send the CSV as the field `file`."})
        form: Any = request.data
        given = {**request.query_params.dict(), **form.dict()}
        given.pop("file", None)
        options = validated(UploadOptionsSerializer(data=given))
        refuse_overwriting(request, options)
        return take_file(
            contact_list=contact_list,
            file=file,
            file_name=options.get("file_name") or file.name,
            idempotency_key=key,
            choices=Choices(**{one.name: options[one.name] for one in fields(Choices) if one.name in options}),
            if_duplicate=options["if_duplicate"],
        )


def validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what the serializer accepts. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_overwriting(request: Request, options: Mapping[str, Any]) -> None:
    """Raise PermissionDenied for an upload that would change contacts, unless its sender may."""
    if options["if_duplicate"] == "update":
        refuse_unless(OVERWRITE, request=request)


def storable(rows: list[Any]) -> list[Any]:
    """Return ``rows``. Raises ValidationError for integers beyond 64 bits and texts that are no Unicode."""
    try:
        orjson.dumps(rows)
    except TypeError as error:
        problem = "A value cannot be stored: send integers beyond 64 bits as text, and texts as whole characters."
        raise ValidationError(problem) from error
    return rows


def reply(request: Request, taken: Taken) -> Response:
    """Return the reply to an upload. Raises Refused when the file as a whole could not be read."""
    found: ContactImport = taken.contact_import
    refuse_when_failed(found)
    data = ImportResultSerializer(found, context={"request": request}).data
    if found.state != ImportState.DONE:
        return Response(data, status=status.HTTP_202_ACCEPTED, headers={"Location": data["url"]})
    code = status.HTTP_201_CREATED if taken.is_new else status.HTTP_200_OK
    return Response(data, status=code, headers={"Location": data["url"]})


def refuse_when_failed(found: ContactImport) -> None:
    """Raise Refused when the upload as a whole could not be read."""
    if found.state == ImportState.FAILED:
        raise Refused(code="import_failed", message=found.problem or "The file could not be read.")
