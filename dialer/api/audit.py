"""GET /audit/: who did what, when, from what to what, and why. Read only."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from dialer.api.filters import IdFilter, before, since
from dialer.api.views import ReadViewSet
from dialer.audit.seeing import visible
from dialer.models import AuditEntry, EntryKind


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One act."""

    changes = serializers.DictField(
        child=serializers.ListField(child=serializers.JSONField()),
        help_text='By field the value before and after, e.g. {"state": ["RUNNING", "PAUSED"]}; secrets are hidden.',
    )
    details = serializers.DictField(help_text="What else is known, e.g. the filter of an export.")

    class Meta:
        model = AuditEntry
        fields = (
            "id", "kind", "at", "by", "key", "face", "act", "what", "subject", "subject_id", "subject_name", "within",
            "within_id", "changes", "reason", "rows", "details",
        )  # fmt: skip
        read_only_fields = fields


class AuditEntryFilter(django_filters.FilterSet):
    """Filters of the audit."""

    kind = django_filters.MultipleChoiceFilter(choices=EntryKind.choices)
    subject_id = IdFilter()
    within_id = IdFilter()
    at_after = since("at", text="Done")
    at_before = before("at", text="Done")

    class Meta:
        model = AuditEntry
        fields = ("kind", "by", "key", "face", "act", "subject", "subject_id", "within", "within_id")


class AuditViewSet(ReadViewSet[AuditEntry]):
    """Who did what, newest first: by people and programs, and by the dialer itself.

    What was heard, exported and looked at, and log-ins, are shown to those alone who may see accesses.
    """

    queryset = AuditEntry.objects.all()
    serializer_class = AuditEntrySerializer
    filterset_class = AuditEntryFilter

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """Return the entries that the user may see."""
        return super().get_queryset() if getattr(self, "swagger_fake_view", False) else visible(self.request.user)
