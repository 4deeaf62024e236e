"""Checking an account over REST: what is wrong with it, and what to do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.check.checkup import check_account
from dialer.accounts.findings import Subject, Verdict
from dialer.acts.telephone import CHECK


class FindingSerializer(serializers.Serializer[Any]):
    """One thing that was looked at."""

    subject = serializers.ChoiceField(choices=[subject.value for subject in Subject])
    verdict = serializers.ChoiceField(
        choices=[verdict.value for verdict in Verdict],
        help_text="PROBLEM: calls or results do not get through. WARNING: they do, less well. UNKNOWN: cannot be told.",
    )
    text = serializers.CharField(help_text="What is, in words.")
    remedy = serializers.CharField(help_text="What to do about it; empty where there is nothing to do.")


class CheckupSerializer(serializers.Serializer[Any]):
    """What looking at an account found."""

    account = serializers.IntegerField()
    is_fine = serializers.BooleanField(help_text="Whether there is no PROBLEM.")
    checked_at = serializers.DateTimeField()
    findings = FindingSerializer(many=True)
    numbers_added = serializers.ListField(
        child=serializers.CharField(), help_text="DIDs that the provider lists and that were not here."
    )


class ChecksMixin:
    """Adds the check to the viewset of accounts."""

    get_object: Any

    @extend_schema(request=None, responses=CheckupSerializer)
    @action(detail=True, methods=["post"], act=CHECK, takes_body=False)
    def check(self, request: Request, pk: str) -> Response:
        """Test credentials and reach, add the numbers that the provider lists, and say what is wrong. Rings nobody.

        Takes as long as the provider does, at most the account's reply time-out for each of up to four questions.
        """
        return Response(check_account(account=self.get_object(), now=timezone.now()).as_json())
