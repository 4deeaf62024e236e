"""Campaigns as lists show them: each with its totals, from the one place that counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.http import HttpRequest

from campaigns.counting.totals import Totals, totals_of
from campaigns.models import Campaign
from dialer.admin.typed import ChangeList


def with_totals(campaigns: Iterable[Campaign]) -> list[Any]:
    """Return campaigns with their ``totals``, read by one statement for all of them."""
    found: list[Any] = list(campaigns)
    with connection.cursor() as cursor:
        totals = totals_of(cursor, campaign_ids=[one.pk for one in found])
    for one in found:
        one.totals = totals[one.pk]
    return found


def leads_done(totals: Totals) -> str:
    """Return how many leads have ended, of how many."""
    return f"{totals.leads_ended:,} of {totals.leads:,}" if totals.leads else "–"


class CountedChangeList(ChangeList):
    """A page of campaigns with their totals."""

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and what is counted of it."""
        super().get_results(request)
        self.result_list = with_totals(self.result_list)
