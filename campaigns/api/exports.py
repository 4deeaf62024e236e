"""Exports over REST: a file of calls, leads or contacts, and the manifest that proves it whole."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import EXPORT, EXPORT_CONTACTS
from campaigns.api.uploads import validated
from campaigns.exports.columns import TABLES
from campaigns.exports.running import export, exports, manifest_of
from campaigns.exports.wanted import FORMS, UnableToExport, Wanted
from campaigns.models import Campaign, ContactList
from dialer.acts import Asked
from dialer.api.accesses import reader_of
from dialer.api.limits import limits_of, within
from dialer.api.permissions import refuse_unless
from dialer.api.strict import StrictSerializer
from dialer.api.views import ApiView
from dialer.audit.seeing import visible
from dialer.serving.sealed import EXPORT_HEADER, SealedResponse

MOST_CAMPAIGNS = 1_000
_FORM = "csv (its instants ISO 8601), jsonl, xlsx (instants without offset, a sheet `About`), or parquet."
_COLUMNS = "Those of the file, in their order; not given: the usual ones. The refusal of an unknown one names all."
_VARIABLES = (
    "Variables of the contact and lead, each a column `variables.…`; `*`: all. Contacts come with all of theirs."
)
_ZONE = "In which instants are written, e.g. Asia/Kolkata; not given: UTC."
_LEFT = "Of calls: true: without those of which nothing left us; false: these only; all: both. Not given: true."


def _zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("There is no such time zone; write one such as Asia/Kolkata.")


class OneExportSerializer(StrictSerializer):
    """What to export of one campaign."""

    what = serializers.ChoiceField(choices=["attempts", "leads"], default="attempts")
    form = serializers.ChoiceField(choices=list(FORMS), default="csv", help_text=_FORM)
    columns = serializers.ListField(child=serializers.CharField(max_length=60), required=False, help_text=_COLUMNS)
    variables = serializers.ListField(child=serializers.CharField(max_length=200), required=False, help_text=_VARIABLES)
    time_zone = serializers.CharField(max_length=64, default="UTC", validators=[_zone], help_text=_ZONE)
    left = serializers.ChoiceField(choices=["true", "false", "all"], default="true", help_text=_LEFT)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ExportSerializer(OneExportSerializer):
    """What to export, and of which campaigns or lists."""

    what = serializers.ChoiceField(choices=list(TABLES), default="attempts")
    campaign = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=MOST_CAMPAIGNS
    )
    contact_list = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=MOST_CAMPAIGNS
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what names nothing, or the other kind."""
        is_contacts = attrs["what"] == "contacts"
        wanted, other = ("contact_list", "campaign") if is_contacts else ("campaign", "contact_list")
        if not attrs.get(wanted):
            raise ValidationError({wanted: f"Say of which: {wanted}=7&{wanted}=8."})
        if attrs.get(other):
            raise ValidationError({other: f"An export of {attrs['what']} is of {wanted}."})
        return attrs


def _parameters(*, of_many: bool) -> list[OpenApiParameter]:
    shown = [
        OpenApiParameter("what", str, enum=list(TABLES) if of_many else ["attempts", "leads"], default="attempts"),
        OpenApiParameter("form", str, enum=list(FORMS), default="csv", description=_FORM),
        OpenApiParameter("columns", str, many=True, description=_COLUMNS),
        OpenApiParameter("variables", str, many=True, description=_VARIABLES),
        OpenApiParameter("time_zone", str, default="UTC", description=_ZONE),
        OpenApiParameter("left", str, enum=["true", "false", "all"], default="true", description=_LEFT),
        OpenApiParameter(
            "since", OpenApiTypes.DATETIME, description="Ended (contacts: made) at or after this instant."
        ),
        OpenApiParameter("until", OpenApiTypes.DATETIME, description="Ended (contacts: made) before this instant."),
    ]
    if of_many:
        shown += [
            OpenApiParameter("campaign", int, many=True, description="Of these campaigns."),
            OpenApiParameter("contact_list", int, many=True, description="Contacts of these lists."),
        ]
    return shown


FILES = {
    (200, kind.partition(";")[0]): OpenApiResponse(
        OpenApiTypes.STR if "text" in kind or "json" in kind else OpenApiTypes.BINARY,
        description=f"The file, row by row; the header {EXPORT_HEADER} names it.",
    )
    for kind, _ in FORMS.values()
}


class _Exports(ApiView):
    """What both addresses of files share."""

    act: Asked | None = EXPORT
    reads_query = True

    def file(self, request: Request, given: dict[str, Any], of_ids: list[int]) -> StreamingHttpResponse:
        """Return the file. Raises ValidationError naming what cannot be had."""
        known = ("what", "form", "time_zone", "left", "since", "until")
        wanted = Wanted(
            **{name: given[name] for name in known if name in given},
            of_ids=tuple(of_ids),
            columns=tuple(given.get("columns") or ()),
            variables=tuple(given["variables"]) if given.get("variables") else None,
        )
        try:
            made = export(wanted, reader=reader_of(request), now=timezone.now())
        except UnableToExport as error:
            raise ValidationError({error.field: str(error)}) from error
        return SealedResponse(made.pieces, access=made.access, file_name=made.file_name, content_type=made.content_type)


class CampaignExportView(_Exports):
    """The results of a campaign as a file."""

    limited_by = {"campaigns": "pk"}

    @extend_schema(operation_id="campaigns_export", parameters=_parameters(of_many=False), responses=FILES)
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Download a campaign's calls or leads, however many there are."""
        given = validated(OneExportSerializer(data=_listed(request)))
        get_object_or_404(within(request, Campaign.objects.all(), columns=self.limited_by), pk=pk)
        return self.file(request, given, [pk])


class ExportFileView(_Exports):
    """Calls or leads of several campaigns, or the contacts of lists, as a file."""

    limited_by = {"campaigns": "pk"}

    @extend_schema(operation_id="exports_file", parameters=_parameters(of_many=True), responses=FILES)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Download calls, leads or contacts, however many there are.

        Contacts are named as uploads name them: what was exported can be uploaded again as it is.
        """
        given = validated(ExportSerializer(data=_listed(request)))
        if given["what"] == "contacts":
            refuse_unless(EXPORT_CONTACTS, request=request)
            return self.file(request, given, _covered(request, ContactList.objects.all(), given["contact_list"]))
        return self.file(request, given, _covered(request, Campaign.objects.all(), given["campaign"]))


class ManifestSerializer(serializers.Serializer[Any]):
    """What proves a file: it is whole where `is_whole`, and has this length and SHA-256."""

    export = serializers.IntegerField(help_text=f"The {EXPORT_HEADER} of the reply.")
    by = serializers.CharField()
    made_at = serializers.DateTimeField()
    is_whole = serializers.BooleanField(help_text="Whether it left us to its end.")
    rows = serializers.IntegerField(allow_null=True, help_text="Rows that left us; null while it is under way.")
    bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True, help_text="Of the bytes as they were sent.")
    what = serializers.ChoiceField(choices=list(TABLES))
    form = serializers.ChoiceField(choices=list(FORMS))
    of = serializers.ListField(child=serializers.IntegerField(), help_text="Campaigns, or lists of contacts.")
    columns = serializers.ListField(child=serializers.CharField(), help_text="Empty: the usual ones.")
    variables = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    left = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class ManifestView(ApiView):
    """What proves that a file is whole."""

    act = EXPORT
    limited_by = {"campaigns": "pk"}

    @extend_schema(operation_id="exports_get", responses=ManifestSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Read the manifest of an export: your own, or, with the right to see accesses, anybody's."""
        entry = get_object_or_404(exports(visible(request.user)), pk=pk)
        found = manifest_of(entry)
        if limits_of(request):
            _covered(request, Campaign.objects.all(), found["of"] if found["what"] != "contacts" else [0])
        return Response(ManifestSerializer(found).data)


def _covered(request: Request, rows: QuerySet[Any], ids: list[int]) -> list[int]:
    """Return ``ids``. Raises NotFound for one that is not there, or not for this key."""
    kinds = {"campaigns": "pk"} if rows.model is Campaign else {"lists": "pk"}
    if set(limits_of(request)) - set(kinds):
        raise PermissionDenied("This key is limited: it cannot export these.")
    there = set(within(request, rows.filter(pk__in=ids), columns=kinds).values_list("pk", flat=True))
    if missing := [pk for pk in ids if pk not in there]:
        raise NotFound(f"There is no {rows.model._meta.verbose_name} {missing[0]}.")
    return ids


def _listed(request: Request) -> Any:
    """Return the query, whose lists may be written as columns=a&columns=b or columns=a,b."""
    query = request.query_params.copy()
    for name in ("columns", "variables", "campaign", "contact_list"):
        if name in query:
            query.setlist(name, [part for value in query.getlist(name) for part in value.split(",") if part])
    return query
