"""Contacts, one by one; many at a time are uploaded to a list."""

from __future__ import annotations

import re
from copy import copy
from typing import Any

import django_filters
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from campaigns.api.lists import refuse_when_called
from campaigns.api.operations import conflicts
from campaigns.leads.corrections import further_numbers_changed, locked, make_way
from campaigns.leads.enrolling import enrol_changed, enrol_new
from campaigns.leads.numbers import home_regions, read_number
from campaigns.models import Contact, ContactList
from campaigns.people.search import LEAST_DIGITS, numbers_end_with
from campaigns.rows.checking import MOST_FURTHER_NUMBERS
from campaigns.rules.deciding import LeadFacts, contact_zones
from dialer.acts.telephone import SEE_NUMBERS
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.saving import CleanedModelSerializer
from dialer.api.views import EditViewSet
from dialer.audit.rows import row_deleted
from dialer.numbers import NumberProblem


class ContactSerializer(CleanedModelSerializer[Contact]):
    """A number with variables in a list."""

    variables = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False, help_text="What a template may speak, by name."
    )

    further_numbers = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=MOST_FURTHER_NUMBERS,
        help_text="Other numbers of the person, in any spelling: rung in turn where a retry says so.",
    )
    zones = serializers.SerializerMethodField(
        help_text="Where the person may be: by `time_zone`, else all zones of the number. Hours must be open in all."
    )

    class Meta:
        model = Contact
        fields = (
            "id", "contact_list", "number", "name", "external_reference", "further_numbers", "variables",
            "time_zone", "zones",            "contact_import", "created_at",
        )  # fmt: skip
        read_only_fields = ("contact_import",)
        extra_kwargs = {
            "number": {
                "max_length": 40,
                "validators": [],
                "help_text": "Any spelling; without country code it is read as one of the list's country.",
            },
            "time_zone": {"help_text": "IANA zone of the person, before those of its number. Empty: see `zones`."},
        }

    def get_zones(self, contact: Contact) -> list[str]:
        """Return the time zones by which rules go that go by the contact's clock."""
        return list(contact_zones(LeadFacts(number=contact.number, time_zone=contact.time_zone)))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs``, with numbers in E.164 form."""
        contact = self.instance if isinstance(self.instance, Contact) else None
        contact_list = attrs.get("contact_list") or (contact.contact_list if contact else None)
        if "number" in attrs:
            attrs["number"] = whole_number(attrs["number"], region=contact_list.default_region if contact_list else "")
        if "further_numbers" in attrs:
            attrs["further_numbers"] = self._whole(attrs["further_numbers"], contact_list)
        return super().validate(attrs)

    @staticmethod
    def _whole(texts: list[str], contact_list: ContactList | None) -> list[str]:
        region = contact_list.default_region if contact_list else ""
        return list(dict.fromkeys(whole_number(text, region=region, field="further_numbers") for text in texts))


def whole_number(text: str, *, region: str, field: str = "number") -> str:
    """Return a number in E.164 form. Raises ValidationError saying why it is none."""
    found = read_number(text, region=region)
    if isinstance(found, NumberProblem):
        raise serializers.ValidationError({field: found.message})
    return found


class ContactFilter(django_filters.FilterSet):
    """Filters of contacts."""

    contact_list = IdFilter()
    contact_import = IdFilter()
    number = NumberFilter(regions=home_regions)
    search = django_filters.CharFilter(
        method="find", help_text="Part of the name or of the external reference; give `contact_list` with it."
    )
    number_ends = django_filters.CharFilter(
        method="find_end",
        help_text=f"Last digits of the number, {LEAST_DIGITS} at least; who sees no whole numbers asks for just "
        f"{LEAST_DIGITS}.",
    )
    created_after = since("created_at", text="Created")
    created_before = before("created_at", text="Created")

    class Meta:
        model = Contact
        fields = ("contact_list", "number", "external_reference", "contact_import")

    def find(self, contacts: QuerySet[Contact], _: str, value: str) -> QuerySet[Contact]:
        """Return the contacts whose name or reference contains ``value``.

        Either may hold a number: who sees none whole must not read it out, digit by digit, by what is found.
        """
        if not self._sees_numbers() and sum(char.isdigit() for char in value) > LEAST_DIGITS:
            return contacts.filter(Q(name=value) | Q(external_reference=value))
        return contacts.filter(Q(name__icontains=value) | Q(external_reference__icontains=value))

    def find_end(self, contacts: QuerySet[Contact], _: str, value: str) -> QuerySet[Contact]:
        """Return the contacts whose number ends so. Raises ValidationError for too few digits, or too many to ask."""
        digits = re.sub(r"\D", "", value)
        if len(digits) < LEAST_DIGITS:
            raise ValidationError({"number_ends": f"Give {LEAST_DIGITS} digits at least."})
        if len(digits) > LEAST_DIGITS and not self._sees_numbers():
            raise ValidationError({"number_ends": f"You see the last {LEAST_DIGITS} digits of a number: give these."})
        return contacts.filter(numbers_end_with(digits))

    def _sees_numbers(self) -> bool:
        return self.request is not None and SEE_NUMBERS.may(self.request.user)


class ContactViewSet(EditViewSet[Contact]):
    """Contacts of all lists. Who comes to a list over which a campaign runs is called by it."""

    queryset = Contact.objects.select_related("contact_list")
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    limited_by = {"lists": "contact_list"}

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        """Add it; as with an upload, campaigns that run over the list call it."""
        contact = serializer.save()
        enrol_new(contact_list_id=contact.contact_list_id, first_id=contact.pk, now=timezone.now())

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        """Change it; waiting leads follow to another number. Raises Conflict where they cannot.

        In another list, or with another number, it is new to the campaigns that run over that.
        """
        serializer.instance, now = locked(contact_id=serializer.instance.pk), timezone.now()
        before = copy(serializer.instance)
        contact_list = serializer.validated_data.get("contact_list", before.contact_list)
        number = serializer.validated_data.get("number", before.number)
        is_new = (contact_list.pk, number) != (before.contact_list_id, before.number)
        if is_new:
            with conflicts():
                make_way(contact=before, number=number, contact_list_id=contact_list.pk, now=now)
        contact = serializer.save()
        further_numbers_changed(before=before, after=contact)
        if is_new:
            enrol_changed(contact=contact, now=now)

    def perform_destroy(self, instance: Contact) -> None:
        """Delete the contact. Raises Conflict when a campaign has it as a lead."""
        refuse_when_called(instance.leads.all())
        with transaction.atomic():
            row_deleted(instance)
            instance.delete()
