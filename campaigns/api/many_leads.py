"""Leads by the thousand: taken out, moved, called back and suppressed, by a filter that was counted first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.acts import SUPPRESS, WORK_LEADS
from campaigns.api.many import MOST, DoneSerializer, ManySerializer, count_of, counted, found_by, on_many
from campaigns.api.operations import conflicts
from campaigns.api.suppressed import until_field
from campaigns.api.uploads import validated
from campaigns.leads.callbacks import set_callback
from campaigns.models import Lead, LeadState, SuppressionList
from campaigns.states import leads as lead_states
from campaigns.suppression import suppress
from dialer.api.limits import limits_of, within
from dialer.audit import Subject, record, unchanged

#: Of these each asks the rules by itself.
MOST_CALLED_BACK = 1_000
WAITING = (LeadState.PENDING,)
MOVABLE = (LeadState.PENDING, LeadState.DIALING)
CALLED_AGAIN = (*MOVABLE, LeadState.COMPLETED, LeadState.EXHAUSTED)


class PriorityManySerializer(ManySerializer):
    """Which leads, and how early."""

    priority = serializers.IntegerField(min_value=0, max_value=9, help_text="0 is called first, 9 last; 5 is usual.")


class CallBackManySerializer(ManySerializer):
    """Which leads, and when."""

    at = serializers.DateTimeField(help_text="ISO 8601 with an offset; at most 90 days ahead.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class SuppressManySerializer(ManySerializer):
    """The numbers of which leads, and on which list."""

    suppression_list = serializers.PrimaryKeyRelatedField(queryset=SuppressionList.objects.all())
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    until = until_field()


_FILTER = {"filter": {"campaign": 7, "state": ["PENDING"]}}
EXAMPLES = [
    OpenApiExample("Counted first", value={**_FILTER, "dry_run": True}, request_only=True),
    OpenApiExample("Then done", value={**_FILTER, "count": 1200}, request_only=True),
]


class ManyLeadsMixin:
    """Adds what is done to many leads to their viewset."""

    filterset_class: Any
    limited_by: Any

    @extend_schema(
        operation_id="leads_cancel_many", request=ManySerializer, responses=DoneSerializer, examples=EXAMPLES
    )
    @on_many(act=WORK_LEADS, path="cancel", in_one_transaction=True)
    def cancel_many(self, request: Request) -> Response:
        """Take waiting leads out: they are not called any more."""
        wanted = validated(ManySerializer(data=request.data))
        reason = f"Canceled by {request.user.get_username()}"

        def cancel(ids: list[int]) -> int:
            with connection.cursor() as cursor:
                done = lead_states.cancel_many(cursor, lead_ids=ids, reason=reason, now=timezone.now())
            _record("Taken out", wanted, done)
            return done

        return self._done(request, wanted, WAITING, cancel)

    @extend_schema(operation_id="leads_prioritise_many", request=PriorityManySerializer, responses=DoneSerializer)
    @on_many(act=WORK_LEADS, path="priority", in_one_transaction=True)
    def prioritise_many(self, request: Request) -> Response:
        """Move waiting leads forward or back among those of their kind."""
        wanted = validated(PriorityManySerializer(data=request.data))

        def move(ids: list[int]) -> int:
            with connection.cursor() as cursor:
                done = lead_states.set_priorities(cursor, lead_ids=ids, priority=wanted["priority"])
            _record("Moved among those of their kind", wanted, done, priority=wanted["priority"])
            return done

        return self._done(request, wanted, MOVABLE, move)

    @extend_schema(operation_id="leads_call_back_many", request=CallBackManySerializer, responses=DoneSerializer)
    @on_many(act=WORK_LEADS, path="call-back", in_one_transaction=True)
    def call_back_many(self, request: Request) -> Response:
        """Have leads called back from an instant on, before all others: all of them, or none (409 says why)."""
        wanted = validated(CallBackManySerializer(data=request.data))
        by, now = request.user.get_username(), timezone.now()

        def call_back(ids: list[int]) -> int:
            with conflicts():
                for lead_id in ids:
                    set_callback(lead_id=lead_id, at=wanted["at"], note=wanted["note"], by=by, now=now)
            return len(ids)

        return self._done(request, wanted, CALLED_AGAIN, call_back, most=MOST_CALLED_BACK)

    @extend_schema(operation_id="leads_suppress_many", request=SuppressManySerializer, responses=DoneSerializer)
    @on_many(act=SUPPRESS, path="suppress", in_one_transaction=True)
    def suppress_many(self, request: Request) -> Response:
        """Put the numbers of leads on a suppression list. Suppressing again never shortens, and is not `done`."""
        if limits_of(request):
            raise PermissionDenied("A suppression list bars other campaigns, too: this needs a key without limits.")
        wanted = validated(SuppressManySerializer(data=request.data))

        def bar(ids: list[int]) -> int:
            numbers = list(Lead.objects.filter(pk__in=ids).order_by("pk").values_list("number", flat=True))
            into = {name: wanted[name] for name in ("suppression_list", "reason", "until")}
            found = suppress(numbers=numbers, now=timezone.now(), **into)
            return sum(one.result in ("ADDED", "CHANGED") for one in found)

        return self._done(request, wanted, tuple(LeadState), bar)

    def _done(
        self,
        request: Request,
        wanted: dict[str, Any],
        states: tuple[LeadState, ...],
        act: Callable[[list[int]], int],
        *,
        most: int = MOST,
    ) -> Response:
        """Do an act to the leads that are meant, of the states in which it can be done, and say to how many it was.

        ``act`` gets their ids, and returns that. A dry run only counts.
        """
        within_reach = within(request, Lead.objects.filter(state__in=states), columns=self.limited_by)
        rows = found_by(self.filterset_class, within_reach, wanted["filter"])
        ids = counted(rows, wanted, most=most)
        return _told(rows, wanted, act(ids) if ids else 0)


def _record(what: str, wanted: dict[str, Any], done: int, **details: Any) -> None:
    # Numbers stand in rows of their own only, where an erasure finds them.
    asked = {name: value for name, value in wanted["filter"].items() if name not in ("number", "external_reference")}
    of = Subject(of=Lead._meta.label_lower)
    record(act=WORK_LEADS.name, what=what, subject=of, rows=done, details={"filter": asked, **details})


def _told(rows: QuerySet[Lead], wanted: dict[str, Any], done: int) -> Response:
    if not done:
        unchanged()
    count = count_of(rows) if wanted["dry_run"] else wanted["count"]
    return Response(DoneSerializer({"count": count, "done": done}).data)
