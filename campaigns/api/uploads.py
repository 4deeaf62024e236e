"""POST /lists/{id}/upload/: a CSV file, a raw CSV body or rows as JSON, answered once however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import OVERWRITE, UPLOAD
from campaigns.api.bodies import FILE_BODIES, FormOfFileParser, PackedJsonParser
from campaigns.api.imports import ImportResultSerializer
from campaigns.api.taking import Taken, take_file, take_rows
from campaigns.api.upload_bodies import (
    UploadFileSerializer,
    UploadOptionsSerializer,
    UploadResultSerializer,
    UploadRowsSerializer,
)
from campaigns.importing import Choices
from campaigns.models import ContactImport, ContactList, ImportState
from dialer.api.errors import Refused
from dialer.api.keyed import idempotency_key
from dialer.api.permissions import refuse_unless
from dialer.api.strict import TWICE, given_twice, unknown_name

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
        if getattr(self, "action", None) == "upload" and not _is_json(request):
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
        if not _is_json(request):
            taken = self._take_file(request, contact_list, key)
        else:
            body = validated(UploadRowsSerializer(data=_said(request)))
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
        file, given = _only_file(request), _said(request)
        given.pop("file", None)
        options = validated(UploadOptionsSerializer(data=given))
        refuse_overwriting(request, options)
        return take_file(
            contact_list=contact_list,
            file=file,
            file_name=options.get("file_name") or file.name or "",
            idempotency_key=key,
            choices=chosen(options),
            if_duplicate=options["if_duplicate"],
            is_dry_run=options["dry_run"],
        )


def _is_json(request: Request) -> bool:
    return (request.content_type or "").partition(";")[0].strip().lower() == PackedJsonParser.media_type


def _only_file(request: Request) -> UploadedFile[bytes]:
    """Return the file that was sent. Raises ValidationError where there is none, and where there are several."""
    sent: MultiValueDict[str, UploadedFile[bytes]] = request.FILES
    if problems := {name: unknown_name(name, ["file"]) for name in sent if name != "file"}:
        raise ValidationError(problems)
    files = sent.getlist("file")
    if not files:
        raise ValidationError({"file": "There is no file: send it as the field `file` of a form, or as the body."})
    if len(files) > 1:
        raise ValidationError({"file": f"There are {len(files)} files: send one at a time."})
    return files[0]


def _said(request: Request) -> Any:
    """Return what query and body say together. Raises ValidationError for what is said twice."""
    if not isinstance(request.data, Mapping):
        return request.data
    given = request.query_params.copy()
    given.update(request.data)
    if twice := given_twice(given) - {"file"}:
        raise ValidationError(dict.fromkeys(sorted(twice), TWICE))
    return given.dict()


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
