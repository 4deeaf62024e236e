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
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import OVERWRITE, UPLOAD
from campaigns.api.bodies import FILE_BODIES, FormOfFileParser, PackedJsonParser
from campaigns.api.imports import ImportResultSerializer
from campaigns.api.taking import IF_DUPLICATE, Taken, take_file, take_rows
from campaigns.importing import Choices
from campaigns.models import ContactImport, ContactList, ImportState
from campaigns.models.file_choices import valid_column_map, valid_delimiter, valid_encoding, valid_region
from dialer.api.errors import Refused
from dialer.api.keyed import idempotency_key
from dialer.api.permissions import refuse_unless
from dialer.api.strict import StrictSerializer

MOST_ROWS = 10_000


COLUMN_MAP_HELP = (
    'What columns are, as JSON: {"Mobile": "phone", "Home": "further_number", "Notes": "ignore"}. Meanings: '
    "phone, further_number, name, external_reference, time_zone, variables, variables.some_name, ignore. "
    "Columns that are not in it are taken by their names."
)
DRY_RUN_HELP = "Only try: no contact is made, and the reply has the first rows as they will be read."


class ColumnMapField(serializers.DictField):
    """An object of columns and what they are, which a query or a form holds as JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=110), validators=[valid_column_map], **options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the object. Raises ValidationError."""
        if isinstance(data, str):
            try:
                data = orjson.loads(data)
            except orjson.JSONDecodeError as error:
                raise ValidationError('Write a JSON object, such as {"Mobile": "phone"}.') from error
        found: dict[str, str] = super().to_internal_value(data)
        return found


def region_field() -> serializers.CharField:
    """Return the option of numbers without a country code."""
    return serializers.CharField(
        required=False,
        max_length=2,
        validators=[valid_region],
        help_text="Country of numbers without a country code, e.g. IN; not given: that of the list.",
    )


def if_duplicate_field() -> serializers.ChoiceField:
    """Return the option of numbers that are there already."""
    return serializers.ChoiceField(
        choices=IF_DUPLICATE,
        default=IF_DUPLICATE[0],
        help_text=(
            "What to do with a number that the list has already: leave it, update it (what the row has no value for is "
            "kept), replace it (that is erased), or refuse the whole upload."
        ),
    )


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
    region = region_field()
    header_row = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000,
        help_text="Row that names the columns; not given: found, also below a title.",
    )
    column_map = ColumnMapField(required=False, help_text=COLUMN_MAP_HELP)
    if_duplicate = if_duplicate_field()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN_HELP)
    file_name = serializers.CharField(required=False, max_length=255, help_text="A name for a raw body.")


class UploadFileSerializer(UploadOptionsSerializer):
    """CSV, TSV, an Excel workbook (.xlsx) or JSON Lines; also packed by gzip, or alone in a zip archive."""

    file = serializers.FileField()


class UploadRowsSerializer(StrictSerializer):
    """Rows as objects, each with the columns that a CSV file would have."""

    rows = serializers.ListField(
        child=serializers.DictField(), allow_empty=False, max_length=MOST_ROWS, help_text=f"1 to {MOST_ROWS} rows."
    )
    phone_column = serializers.CharField(required=False, max_length=100, help_text="Key of the numbers.")
    region = region_field()
    column_map = ColumnMapField(required=False, help_text=COLUMN_MAP_HELP)
    if_duplicate = if_duplicate_field()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN_HELP)

    def validate_rows(self, rows: list[Any]) -> list[Any]:
        """Return the rows. Raises ValidationError for what cannot be stored."""
        return storable(rows)


class RowResultSerializer(serializers.Serializer[Any]):
    """What became of one object."""

    row_number = serializers.IntegerField()
    result = serializers.ChoiceField(choices=("ACCEPTED", "DUPLICATE", "REFUSED"))
    number = serializers.CharField(allow_blank=True, help_text="As it is called; empty where there is none.")
    contact = serializers.IntegerField(allow_null=True, help_text="The contact that has this number in the list.")
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)


class FirstRowSerializer(serializers.Serializer[Any]):
    """A row as it will be read: a contact, or why it is none."""

    row_number = serializers.IntegerField()
    number = serializers.CharField(required=False)
    further_numbers = serializers.ListField(child=serializers.CharField(), required=False)
    name = serializers.CharField(required=False, allow_blank=True)
    external_reference = serializers.CharField(required=False, allow_blank=True)
    time_zone = serializers.CharField(required=False, allow_blank=True)
    variables = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)
    columns = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="What each column is taken for, as `column_map`."
    )
    field = serializers.CharField(required=False, allow_blank=True)
    code = serializers.CharField(required=False)
    message = serializers.CharField(required=False)


class UploadResultSerializer(ImportResultSerializer):
    """An upload as it was taken."""

    first_rows = FirstRowSerializer(many=True, allow_null=True, help_text="Of a dry run.")
    results = RowResultSerializer(many=True, allow_null=True, help_text="Of rows as JSON, in their order.")

    class Meta:
        model = ContactImport
        fields = (*ImportResultSerializer.Meta.fields, "first_rows", "results")
        read_only_fields = fields


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
        is_file = (request.content_type or "").partition(";")[0].strip().lower() != PackedJsonParser.media_type
        if getattr(self, "action", None) == "upload" and is_file:
            return int(settings.DIALER_UPLOAD_MAX_BYTES)
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    @extend_schema(
        parameters=[UploadOptionsSerializer],
        request={
            "multipart/form-data": UploadFileSerializer,
            **{parser.media_type: {"type": "string", "format": "binary"} for parser in FILE_BODIES},
            "application/json": UploadRowsSerializer,
        },
        responses={
            201: OpenApiResponse(UploadResultSerializer, description="Read: its sums and its first refusals."),
            200: OpenApiResponse(
                UploadResultSerializer, description="Read before under the same Idempotency-Key; or only tried."
            ),
            202: OpenApiResponse(UploadResultSerializer, description="Taken and being read: ask `url` for its state."),
        },
        examples=[ROWS_EXAMPLE],
    )
    @action(
        detail=True,
        methods=["post"],
        parser_classes=[FormOfFileParser, *FILE_BODIES, PackedJsonParser],
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
            taken = take_rows(
                contact_list=contact_list,
                idempotency_key=key,
                rows=body["rows"],
                choices=chosen(body),
                if_duplicate=body["if_duplicate"],
                is_dry_run=body["dry_run"],
            )
        return reply(request, taken)

    def _take_file(self, request: Request, contact_list: ContactList, key: str | None) -> Taken:
        file = request.FILES.get("file")
        if file is None:
            raise ValidationError({"file": "Send the file as the field `file`."})
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
            choices=chosen(options),
            if_duplicate=options["if_duplicate"],
            is_dry_run=options["dry_run"],
        )


def chosen(options: Mapping[str, Any]) -> Choices:
    """Return how the file is to be read."""
    return Choices(**{one.name: options[one.name] for one in fields(Choices) if one.name in options})


def validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what the serializer accepts. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_overwriting(request: Request, options: Mapping[str, Any]) -> None:
    """Raise PermissionDenied for an upload that would change contacts, unless its sender may."""
    if options["if_duplicate"] in ("update", "replace"):
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
    data = dict(ImportResultSerializer(found, context={"request": request}).data)
    data |= {"first_rows": taken.first_rows, "results": taken.results}
    if found.state not in (ImportState.DONE, ImportState.CANCELED):
        return Response(data, status=status.HTTP_202_ACCEPTED, headers={"Location": data["url"]})
    code = status.HTTP_201_CREATED if taken.is_new and not found.is_dry_run else status.HTTP_200_OK
    return Response(data, status=code, headers={"Location": data["url"]})


def refuse_when_failed(found: ContactImport) -> None:
    """Raise Refused when the upload as a whole could not be read."""
    if found.state == ImportState.FAILED:
        raise Refused(code="import_failed", message=found.problem or "The file could not be read.")
