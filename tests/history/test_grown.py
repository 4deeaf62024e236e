"""Who calls one person reads a few rows, whatever PostgreSQL believes of the tables when it makes its plans.

Plans of these statements are made once for all values, and statistics come when they come: of a campaign that has just
grown they know nothing, of calls they know those of this morning. So each belief is staged, and what is read is told
by PostgreSQL itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from campaigns.claiming.reserving import claim
from campaigns.models import Lead
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from campaigns.settling.reports import settle
from dialer.models import ProviderAccount
from dialer.providers.base import Accepted, CallReport, Outcome, Phase
from tests.benchmarks.growth.queues import queue
from tests.campaigns.world import account, campaign, did
from tests.history.plans import watched
from tests.history.tables import GROWING

MANY = 6_000
REPORT = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7, disposition="SALE")


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _all_wait(owner: ProviderAccount) -> None:
    """Everybody waits, as statistics know."""


def _first_were_called(owner: ProviderAccount) -> None:
    """Statistics know a few calls, all of them of the table's first leads."""
    _call(owner, times=40)
    _analyze()
    Lead.objects.filter(pk__in=Lead.objects.filter(state="PENDING").order_by("pk")[: MANY - 100]).update(
        next_attempt_at=datetime(2100, 1, 1, tzinfo=UTC)
    )


def _nobody_waits(owner: ProviderAccount) -> None:
    """Statistics are of a time at which all leads had ended, or were on the line."""
    states = Lead.objects.filter(pk__gt=0)
    states.update(state="DIALING")
    _analyze()
    states.update(state="PENDING")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("believed", [_all_wait, _first_were_called, _nobody_waits])
def test_a_call_reads_a_few_rows_whatever_statistics_say(believed: Callable[[ProviderAccount], None]) -> None:
    owner = account(provider="astradial", fleet=None)
    queue([campaign(owner, leads=0, dids=[did(owner, limit=1000)])], leads=MANY)
    believed(owner)
    with watched(growing=GROWING) as plans:
        _call(owner, times=3)
    assert len(plans.ran) > 20
    assert plans.problems() == {}


def _call(owner: ProviderAccount, *, times: int) -> None:
    """Claim, take and settle so many calls, one after the other."""
    for _ in range(times):
        now = datetime.now(UTC)
        (call,) = claim(account_id=owner.pk, now=now, room=1, leaves_at_once=True).reserved
        taken = Placed(
            attempt_id=call.attempt_id,
            account_id=owner.pk,
            campaign_id=call.campaign.id,
            result=Accepted(external_id=f"call-{call.attempt_id}"),
        )
        record(results=[taken], now=now)
        settle(reports=[(call.attempt_id, REPORT)], now=now)
