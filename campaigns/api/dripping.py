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

from campaigns.api.imports import ImportResultSerializer
from campaigns.api.leads import LeadSerializer
from campaigns.api.permissions import Operator
from campaigns.api.taking import IF_DUPLICATE, take_rows
from campaigns.api.uploads import KEY_PARAMETER, idempotency_key, refuse_when_failed, storable, validated
from campaigns.doorbells import ring_campaign
from campaigns.leads.enrolling import enrol_contacts, enrol_imported
from campaigns.models import Campaign, CampaignState, Contact, ContactImport, ContactList, Lead
from dialer.api.errors import Conflict
from dialer.numbers import normalise

MOST_ROWS = 1_000
THERE_BEFORE = ("DUPLICATE_IN_LIST", "DUPLICATE_IN_FILE")
TAKES_LEADS = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


class DripSerializer(serializers.Serializer[Any]):
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
    if_duplicate = serializers.ChoiceField(
        choices=IF_DUPLICATE, default=IF_DUPLICATE[0], help_text="What to do with a number that the list has already."
    )

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
        parameters=[KEY_PARAMETER],
        request=DripSerializer,
        responses={
            201: OpenApiResponse(DripResultSerializer, description="Added."),
            200: OpenApiResponse(DripResultSerializer, description="Nothing new: every row was there or was refused."),
        },
        examples=[
            OpenApiExample("One", value={"contact": {"phone": "+919812345678", "name": "Asha"}}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"], permission_classes=[Operator])
    def leads(self, request: Request, pk: str) -> Response:
        """Add contacts to a campaign. In a running one they are called as soon as a slot is free."""
        campaign: Campaign = self.get_object()
        body = validated(DripSerializer(data=request.data))
        refuse_when_over(campaign)
        contact_list = chosen_list(campaign, body.get("contact_list"))
        now = timezone.now()
        with transaction.atomic():
            taken = take_rows(
                contact_list=contact_list,
                rows=body["rows"],
                idempotency_key=idempotency_key(request),
                if_duplicate=body["if_duplicate"],
                enrols=False,
            )
            refuse_when_failed(taken.contact_import)
            ids = contact_ids(taken.contact_import)
            # This campaign first, as its leads are due when the caller says; then the others that run over the list.
            added = enrol_contacts(campaign_id=campaign.pk, contact_ids=ids, due_at=body.get("due_at") or now)
            enrol_imported(contact_list_id=contact_list.pk, import_id=taken.contact_import.pk, now=now)
        ring_campaign(campaign)
        return self._dripped(request, campaign, taken.contact_import, ids, added)

    def _dripped(
        self, request: Request, campaign: Campaign, taken: ContactImport, ids: list[int], added: int
    ) -> Response:
        numbers = Contact.objects.filter(pk__in=ids).values("number")
        leads = Lead.objects.select_related("contact").filter(campaign=campaign, number__in=numbers).order_by("id")
        data = DripResultSerializer(
            {"leads_added": added, "leads": leads, "contact_import": taken}, context={"request": request}
        ).data
        return Response(data, status=status.HTTP_201_CREATED if added else status.HTTP_200_OK)


def refuse_when_over(campaign: Campaign) -> None:
    """Raise Conflict for a campaign that calls nobody any more."""
    if campaign.state not in TAKES_LEADS:
        raise Conflict(
            code="wrong_state", problems=[f"It is {campaign.get_state_display().lower()}: it takes no leads."]
        )


def contact_ids(taken: ContactImport) -> list[int]:
    """Return the contacts of an import's rows: those it made, and those that were in the list before."""
    ids = set(taken.contacts.values_list("id", flat=True))
    contact_list = taken.contact_list
    spellings = [refusal.row.get(refusal.field, "") for refusal in taken.refusals.filter(code__in=THERE_BEFORE)]
    numbers = [normalise(str(spelling), region=contact_list.default_region) for spelling in spellings]
    there = contact_list.contacts.filter(number__in=[number for number in numbers if isinstance(number, str)])
    return sorted(ids | set(there.values_list("id", flat=True)))


def chosen_list(campaign: Campaign, chosen: ContactList | None) -> ContactList:
    """Return the list that rows go to. Raises ValidationError when it is not clear or not the campaign's."""
    lists = list(campaign.contact_lists.all())
    if chosen is None and len(lists) == 1:
        return lists[0]
    if chosen is None:
        raise ValidationError({"contact_list": "The campaign has several lists: say which one."})
    if chosen not in lists:
        raise ValidationError({"contact_list": "This list is not one of the campaign's."})
    return chosen
