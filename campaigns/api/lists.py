"""Contact lists: made, counted, filled by upload."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from campaigns.api.uploads import UploadMixin
from campaigns.models import Contact, ContactList, Lead
from campaigns.models.contacts import region
from dialer.api.errors import Conflict
from dialer.api.json_bodies import JsonParser
from dialer.api.saving import CleanedModelSerializer
from dialer.api.stored import CountryCodeField
from dialer.api.views import EditViewSet
from dialer.audit.rows import row_deleted


class ContactListSerializer(CleanedModelSerializer[ContactList]):
    """A list of contacts."""

    contacts = serializers.IntegerField(
        source="contacts_now", read_only=True, default=0, help_text="How many contacts it has now."
    )

    default_region = CountryCodeField(
        max_length=2,
        required=False,
        allow_blank=True,
        validators=[region],
        help_text="Country of numbers written without a country code, e.g. IN. Empty: such numbers are refused.",
    )

    class Meta:
        model = ContactList
        fields = ("id", "name", "default_region", "contacts", "created_at")


class ContactListFilter(django_filters.FilterSet):
    """Filters of lists."""

    class Meta:
        model = ContactList
        fields = ("name",)


class ContactListViewSet(UploadMixin, EditViewSet[ContactList]):
    """Lists of contacts. `POST …/upload/` fills one."""

    queryset = ContactList.objects.all()
    serializer_class = ContactListSerializer
    filterset_class = ContactListFilter
    limited_by = {"lists": "pk"}
    parser_classes = (JsonParser,)

    def get_queryset(self) -> QuerySet[ContactList]:
        """Return the lists, each with its count where it is shown."""
        lists = super().get_queryset()
        if self.action not in ("list", "retrieve", "partial_update"):
            return lists
        counts = Contact.objects.filter(contact_list=OuterRef("pk")).order_by().values("contact_list")
        counted = Subquery(counts.annotate(count=Count("*")).values("count"), output_field=IntegerField())
        return lists.annotate(contacts_now=Coalesce(counted, 0))

    def perform_destroy(self, instance: ContactList) -> None:
        """Delete the list and its contacts. Raises Conflict when a campaign has leads from it."""
        refuse_when_called(Lead.objects.filter(contact__contact_list=instance))
        if instance.campaigns.exists():
            raise Conflict(code="in_use", problems=["This list cannot be deleted: a campaign uses it."])
        with transaction.atomic():
            # One statement: Django would first load every contact to look for what hangs on it.
            contacts: Any = Contact.objects.filter(contact_list=instance)
            row_deleted(instance)
            contacts._raw_delete(contacts.db)
            instance.delete()


def refuse_when_called(leads: QuerySet[Lead]) -> None:
    """Raise Conflict when there are such leads: what a campaign called or will call is kept."""
    if leads.exists():
        raise Conflict(code="in_use", problems=["This cannot be deleted or renumbered: a campaign has leads of it."])
