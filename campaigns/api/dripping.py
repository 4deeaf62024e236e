"""POST /campaigns/{id}/leads/: contacts added to a campaign one by one or by the hundred, while it runs."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import DRIP
from campaigns.api.imports import ImportResultSerializer
from campaigns.api.leads import LeadSerializer
from campaigns.api.operations import conflicts
from campaigns.api.taking import take_rows
from campaigns.api.upload_bodies import if_duplicate_field, storable
from campaigns.api.uploads import refuse_overwriting, refuse_when_failed, validated
from campaigns.leads.dripping import UnclearList, drip, list_for
from campaigns.models import Campaign, ContactList
from dialer.api.keyed import idempotency_key
from dialer.api.strict import StrictSerializer

MOST_ROWS = 1_000


class DripSerializer(StrictSerializer):
    """Contacts for a campaign: one as `contact`, or many as `rows`."""

    contact = serializers.DictField(required=False, help_text="One contact, with the columns of a CSV file.")
    rows = serializers.ListField(child=serializers.DictField(), required=False, allow_empty=False, max_length=MOST_ROWS)
    contact_list = serializers.PrimaryKeyRelatedField(
        queryset=ContactList.objects.all(),
        required=False,
        help_text="Which of the campaign's lists they go to; not needed when it has one.",
    )
    due_at = serializers.DateTimeField(
        required=False, help_text="Not called before this instant (ISO 8601 with an offset); not given: at once."
    )
    if_duplicate = if_duplicate_field()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs`` with ``rows``. Raises ValidationError unless exactly one of the two was sent."""
        if ("contact" in attrs) == ("rows" in attrs):
            raise ValidationError("Send either `contact` or `rows`.")
        attrs["rows"] = attrs["rows"] if "rows" in attrs else [attrs.pop("contact")]
        storable(attrs["rows"])
        return attrs


class DripResultSerializer(serializers.Serializer[Any]):
    """What became of the rows."""

    leads_added = serializers.IntegerField(help_text="How many are new in the campaign.")
    leads = LeadSerializer(many=True, help_text="The leads of these rows, new or there before.")
    contact_import = ImportResultSerializer(help_text="Sums and refusals, as of an upload.")


class DripMixin:
    """Adds the dripping to the viewset of campaigns."""

    get_object: Any

    @extend_schema(
        operation_id="campaigns_leads_add",
        request=DripSerializer,
        responses={
            201: OpenApiResponse(DripResultSerializer, description="Added."),
            200: OpenApiResponse(DripResultSerializer, description="Nothing new: every row was there or was refused."),
        },
        examples=[
            OpenApiExample("One", value={"contact": {"phone": "+919812345678", "name": "Asha"}}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"], act=DRIP, keeps_keys=True)
    def leads(self, request: Request, pk: str) -> Response:
        """Add contacts to a campaign. In a running one they are called as soon as a slot is free."""
        campaign: Campaign = self.get_object()
        body = validated(DripSerializer(data=request.data))
        refuse_overwriting(request, body)
        now, key = timezone.now(), idempotency_key(request)
        with conflicts():
            # Asked again with its key it is answered as before, though the campaign is over by now.
            contact_list = _list_before(campaign, key) or _list_for(campaign, body.get("contact_list"))
        with conflicts(), transaction.atomic():
            taken = take_rows(
                contact_list=contact_list,
                rows=body["rows"],
                idempotency_key=key,
                if_duplicate=body["if_duplicate"],
                enrols=False,
            ).contact_import
            refuse_when_failed(taken)
            dripped = drip(campaign=campaign, contact_import=taken, due_at=body.get("due_at"), now=now)
        result = {"leads_added": dripped.added, "leads": dripped.leads, "contact_import": taken}
        return Response(
            DripResultSerializer(result, context={"request": request}).data,
            status=status.HTTP_201_CREATED if dripped.added else status.HTTP_200_OK,
        )


def _list_before(campaign: Campaign, key: str | None) -> ContactList | None:
    """Return the list to which the rows of a key went before."""
    lists = campaign.contact_lists.filter(imports__idempotency_key=key) if key else None
    return lists.order_by("pk").first() if lists is not None else None


def _list_for(campaign: Campaign, chosen: ContactList | None) -> ContactList:
    try:
        return list_for(campaign=campaign, chosen=chosen)
    except UnclearList as error:
        raise ValidationError({"contact_list": str(error)}) from error
