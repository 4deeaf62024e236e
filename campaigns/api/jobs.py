"""Import sources, and runs of scheduled jobs."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import FETCH
from campaigns.api.imports import ImportResultSerializer
from campaigns.importing.fetching import UnableToFetch, import_source
from campaigns.models import ImportSource, JobRun
from dialer.api.errors import Refused
from dialer.api.filters import IdFilter
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet, ReadViewSet
from dialer.shown_addresses import shown_address


class ImportSourceSerializer(CleanedModelSerializer[ImportSource]):
    """A file that is fetched again and again into a list."""

    class Meta:
        model = ImportSource
        fields = (
            "id", "name", "contact_list", "location", "phone_column", "encoding", "delimiter", "sheet", "region",
            "header_row", "column_map", "if_duplicate", "is_active", "last_import", "last_problem", "fetched_at",
            "created_at",
        )  # fmt: skip
        read_only_fields = ("last_import", "last_problem", "fetched_at")

    def to_representation(self, instance: ImportSource) -> dict[str, Any]:
        """Return it, the address without what may be a secret in it to those who may not change it."""
        shown: dict[str, Any] = super().to_representation(instance)
        request = self.context.get("request")
        may_see = request is None or request.user.has_perm("campaigns.change_importsource")
        if "location" in shown and not may_see:
            shown["location"] = shown_address(instance.location)
        return shown


class ImportSourceFilter(django_filters.FilterSet):
    """Filters of import sources."""

    contact_list = IdFilter()

    class Meta:
        model = ImportSource
        fields = ("name", "contact_list", "is_active")


class FetchedSerializer(serializers.Serializer[Any]):
    """What came of fetching."""

    is_same = serializers.BooleanField(help_text="Whether it is the file that was imported before.")
    contact_import = ImportResultSerializer(allow_null=True)


class ImportSourceViewSet(EditViewSet[ImportSource]):
    """Files that are fetched again and again."""

    queryset = ImportSource.objects.all()
    serializer_class = ImportSourceSerializer
    filterset_class = ImportSourceFilter

    @extend_schema(operation_id="import_sources_fetch", request=None, responses=FetchedSerializer)
    @action(detail=True, methods=["post"], act=FETCH, takes_body=False)
    def fetch(self, request: Request, pk: str) -> Response:
        """Fetch it now, and import it unless it is the file that was imported before."""
        try:
            done = import_source(source=self.get_object(), now=timezone.now())
        except UnableToFetch as error:
            raise Refused(code="import_failed", message=str(error)) from error
        data = {"is_same": done is None, "contact_import": done}
        return Response(FetchedSerializer(data, context={"request": request}).data)


class JobRunSerializer(serializers.ModelSerializer[JobRun]):
    """An instant of a job's schedule that was handled."""

    class Meta:
        model = JobRun
        fields = ("id", "job", "edge_at", "begun_at", "ended_at", "result", "problem")
        read_only_fields = fields


class JobRunFilter(django_filters.FilterSet):
    """Filters of job runs."""

    class Meta:
        model = JobRun
        fields = ("job",)


class JobRunViewSet(ReadViewSet[JobRun]):
    """Runs of scheduled jobs, newest first."""

    queryset = JobRun.objects.all()
    serializer_class = JobRunSerializer
    filterset_class = JobRunFilter
