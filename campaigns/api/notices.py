"""What campaigns did by themselves, who asked never to be called again, and who is to be called back. Read only."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from campaigns.leads.numbers import home_regions
from campaigns.models import Callback, CampaignNotice, CampaignRun, NoticeKind, OptOut
from campaigns.results.shape import NoticeSerializer
from dialer.api.filters import IdFilter, NumberFilter, before, since
from dialer.api.views import ReadViewSet


class NoticeFilter(django_filters.FilterSet):
    """Filters of notices."""

    campaign = IdFilter()
    kind = django_filters.MultipleChoiceFilter(choices=NoticeKind.choices)
    created_after = since("created_at", text="Written")
    created_before = before("created_at", text="Written")

    class Meta:
        model = CampaignNotice
        fields = ("campaign", "kind")


class NoticeViewSet(ReadViewSet[CampaignNotice]):
    """What happened by itself: campaigns paused, opened, began a run; a subscription was switched off. Newest first."""

    queryset = CampaignNotice.objects.select_related("campaign")
    limited_by = {"campaigns": "campaign"}
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter


class OptOutSerializer(serializers.ModelSerializer[OptOut]):
    """The evidence that a person asked, in a call, never to be called again."""

    campaign = serializers.IntegerField(source="attempt.campaign_id", read_only=True)

    class Meta:
        model = OptOut
        fields = ("id", "attempt", "campaign", "number", "words", "event_id", "created_at")
        read_only_fields = fields


class OptOutFilter(django_filters.FilterSet):
    """Filters of opt-outs."""

    attempt = IdFilter()
    campaign = IdFilter(field_name="attempt__campaign")
    number = NumberFilter(regions=home_regions)
    created_after = since("created_at", text="Heard")
    created_before = before("created_at", text="Heard")

    class Meta:
        model = OptOut
        fields = ("attempt", "number")


class OptOutViewSet(ReadViewSet[OptOut]):
    """Who asked in a call never to be called again, newest first. Kept also when a manager lifts the suppression."""

    queryset = OptOut.objects.select_related("attempt")
    serializer_class = OptOutSerializer
    filterset_class = OptOutFilter


class CallbackSerializer(serializers.ModelSerializer[Callback]):
    """A lead that is to be called at an instant that somebody named."""

    class Meta:
        model = Callback
        fields = (
            "id", "lead", "attempt", "at", "due_at", "note", "set_by", "is_time_given", "created_at", "called_off_at",
        )  # fmt: skip
        read_only_fields = fields


class CallbackFilter(django_filters.FilterSet):
    """Filters of callbacks."""

    lead = IdFilter()
    campaign = IdFilter(field_name="lead__campaign")
    due_after = since("due_at", text="Due")
    due_before = before("due_at", text="Due")

    class Meta:
        model = Callback
        fields = ("lead",)


class CallbackViewSet(ReadViewSet[Callback]):
    """Callbacks that people, systems and bots asked for, newest first."""

    queryset = Callback.objects.all()
    limited_by = {"campaigns": "lead__campaign"}
    serializer_class = CallbackSerializer
    filterset_class = CallbackFilter


class RunSerializer(serializers.ModelSerializer[CampaignRun]):
    """An instant of a campaign's schedule that was handled."""

    child_state = serializers.CharField(source="child.state", read_only=True, default=None, allow_null=True)

    class Meta:
        model = CampaignRun
        fields = ("id", "campaign", "edge_at", "begun_at", "child", "child_state", "edges_missed", "problem")
        read_only_fields = fields
        extra_kwargs = {"child": {"help_text": "The campaign that this run is; null if there is none."}}


class RunFilter(django_filters.FilterSet):
    """Filters of runs."""

    campaign = IdFilter()

    class Meta:
        model = CampaignRun
        fields = ("campaign",)


class RunViewSet(ReadViewSet[CampaignRun]):
    """Runs of recurring campaigns, and openings by schedule, newest first."""

    queryset = CampaignRun.objects.select_related("child")
    limited_by = {"campaigns": "campaign"}
    serializer_class = RunSerializer
    filterset_class = RunFilter
