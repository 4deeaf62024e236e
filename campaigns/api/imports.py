"""What became of an upload: its sums, and every row that became no contact."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from campaigns.acts import CANCEL_IMPORT
from campaigns.importing import cancel_import, refusal_report
from campaigns.importing.progress import pace
from campaigns.importing.reporting import Only
from campaigns.models import ContactImport, ImportRefusal
from dialer.api.accesses import reader_of
from dialer.api.errors import Conflict
from dialer.api.filters import IdFilter
from dialer.api.pagination import ByRow
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet

FIRST_REFUSALS = 20


class RefusalSerializer(serializers.ModelSerializer[ImportRefusal]):
    """A row that became no contact."""

    class Meta:
        model = ImportRefusal
        fields = ("row_number", "field", "code", "message", "row")
        extra_kwargs = {"row_number": {"help_text": "Row of the file; the header is row 1."}}


class OnlySerializer(StrictSerializer):
    """Which rows the report holds."""

    only = serializers.ChoiceField(
        choices=[kind.value for kind in Only],
        required=False,
        help_text="Rows that can be mended, or those whose number is there already; not given: both.",
    )


class ImportSerializer(serializers.ModelSerializer[ContactImport]):
    """An upload. When DONE: rows_total = rows_accepted + rows_duplicate + rows_refused."""

    rows_per_second = serializers.SerializerMethodField(help_text="Rows read a second; null before it runs.")
    seconds_left = serializers.SerializerMethodField(help_text="About, by the bytes of the file; null: not known.")
    url = serializers.SerializerMethodField(help_text="Where to ask again.")
    refusals_url = serializers.SerializerMethodField(help_text="Rows that became no contact, page by page.")

    class Meta:
        model = ContactImport
        fields = (
            "id", "contact_list", "file_name", "idempotency_key", "is_dry_run", "state", "rows_read", "rows_total",
            "rows_accepted", "rows_updated", "rows_duplicate", "rows_refused", "rows_per_second", "seconds_left",
            "bytes_total", "bytes_read", "read_as", "problem", "created_at", "started_at", "ended_at", "url",
            "refusals_url",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_rows_per_second(self, found: ContactImport) -> float | None:
        """Return how fast rows are read, or were."""
        return pace(found, now=timezone.now()).rows_per_second

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_seconds_left(self, found: ContactImport) -> float | None:
        """Return how long it will take."""
        return pace(found, now=timezone.now()).seconds_left

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, found: ContactImport) -> str:
        """Return the import's address."""
        return str(reverse("contactimport-detail", args=[found.pk], request=self.context.get("request")))

    @extend_schema_field(OpenApiTypes.URI)
    def get_refusals_url(self, found: ContactImport) -> str:
        """Return the address of its refusals."""
        return str(reverse("contactimport-refusals", args=[found.pk], request=self.context.get("request")))


class ImportResultSerializer(ImportSerializer):
    """An upload with its first refusals."""

    first_refusals = serializers.SerializerMethodField(help_text=f"At most {FIRST_REFUSALS}; see `refusals_url`.")

    class Meta:
        model = ContactImport
        fields = (*ImportSerializer.Meta.fields, "first_refusals")
        read_only_fields = fields

    @extend_schema_field(RefusalSerializer(many=True))
    def get_first_refusals(self, found: ContactImport) -> list[Any]:
        """Return the first refusals in the order of the file."""
        rows = found.refusals.order_by("row_number", "id")[:FIRST_REFUSALS]
        return list(RefusalSerializer(rows, many=True).data)


class ImportFilter(django_filters.FilterSet):
    """Filters of uploads."""

    contact_list = IdFilter()

    class Meta:
        model = ContactImport
        fields = ("contact_list", "state", "idempotency_key")


class ImportViewSet(ReadViewSet[ContactImport]):
    """Uploads and what became of them."""

    queryset = ContactImport.objects.all()
    limited_by = {"lists": "contact_list"}
    serializer_class = ImportSerializer
    filterset_class = ImportFilter

    @extend_schema(
        request=None,
        responses={
            200: OpenApiResponse(ImportResultSerializer, description="Canceled: nothing of it is imported."),
        },
    )
    @action(detail=True, methods=["post"], act=CANCEL_IMPORT, takes_body=False)
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an upload that waits or runs; what a worker has written of it is taken back."""
        found = self.get_object()
        if not cancel_import(import_id=found.pk, now=timezone.now()):
            found.refresh_from_db()
            raise Conflict(code="import_ended", problems=[f"This upload is {found.get_state_display().lower()}."])
        found.refresh_from_db()
        return Response(ImportResultSerializer(found, context={"request": request}).data)

    @extend_schema(responses=RefusalSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=ByRow, filter_backends=[])
    def refusals(self, request: Request, pk: str) -> Response:
        """List the rows that became no contact, in the order of the file."""
        refusals: Any = self.get_object().refusals.all()
        page: Any = self.paginate_queryset(refusals)
        return self.get_paginated_response(RefusalSerializer(page, many=True).data)

    @extend_schema(
        operation_id="imports_refusals_csv",
        parameters=[OnlySerializer],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The report as CSV, with header.")},
        filters=False,
    )
    def refusals_csv(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Download the rows that became no contact as CSV: the row as it was uploaded, and why."""
        found = self.get_object()
        asked = OnlySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        only = asked.validated_data.get("only")
        headers = {"Content-Disposition": f'attachment; filename="import-{found.pk}-refusals.csv"'}
        lines = refusal_report(found, reader=reader_of(request), now=timezone.now(), only=Only(only) if only else None)
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Return JSON for the errors of the CSV report, whichever type the client accepts."""
        if self.action == "refusals_csv":
            return JSONRenderer(), str(JSONRenderer.media_type)
        return super().perform_content_negotiation(request, force)
