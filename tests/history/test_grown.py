"""Who calls one person reads a few rows, whatever PostgreSQL believes of the tables when it makes its plans.

Plans of these statements are made once for all values, and statistics come when they come: of a campaign that has just
grown they know nothing, of calls they know those of this morning. So each belief is staged, and what is read is told
by PostgreSQL itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from campaigns.claiming.new_attempts import Reserved
from campaigns.claiming.reserving import claim
from campaigns.models import (
    FeedEntry,
    FleetBoundUse,
    Lead,
    OptOut,
    PossibleOptOut,
    Skip,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from campaigns.results.feed import place_entries
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from campaigns.states.attempts import begin_placing
from campaigns.worker_chores import signs as campaign_signs
from dialer.models import ProviderAccount
from dialer.providers.base import Accepted, CallReport, Correlation, Outcome, Phase, PlaceResult, Unclear
from dialer.providers.parts.prefetch import CallAsked
from dialer.sql import hot_cursor
from tests.benchmarks.growth.queues import queue
from tests.campaigns.world import account, campaign, did
from tests.history.plans import watched
from tests.history.tables import GROWING
from webhooks.applying import apply_inbox
from webhooks.matching import Question, match
from webhooks.models import ProviderEvent
from webhooks.prefetching import call_of
from webhooks.rows import store_rows
from webhooks.tasks import signs as webhook_signs

MANY = 6_000
REPORT = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=7, disposition="SALE")
#: Rules that want to know of the contact, of earlier calls and of the person's other numbers.
RULES: dict[str, Any] = {
    "caps": [{"calls": 9, "hours": 24}],
    "retry_rules": {
        "NO_ANSWER": {"delays": [3600, 7200], "other_time": True, "other_number": ["further_numbers"]},
        "disposition:voicemail": {"delays": [86400], "most": 1, "other_did": True},
    },
}


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _clear_away() -> None:
    """Remove what the rows were before: while somebody's snapshot is older, each look would go over it again."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM campaigns_lead")


def _all_wait(owner: ProviderAccount) -> None:
    """Everybody waits, as statistics know."""


def _first_were_called(owner: ProviderAccount) -> None:
    """Statistics know a few calls, all of them of the table's first leads."""
    _call(owner, times=40)
    _analyze()
    Lead.objects.filter(pk__in=Lead.objects.filter(state="PENDING").order_by("pk")[: MANY - 100]).update(
        next_attempt_at=datetime(2100, 1, 1, tzinfo=UTC)
    )
    _clear_away()


def _nobody_waits(owner: ProviderAccount) -> None:
    """Statistics are of a time at which all leads had ended, or were on the line."""
    states = Lead.objects.filter(pk__gt=0)
    states.update(state="DIALING")
    _analyze()
    states.update(state="PENDING")
    _clear_away()


BELIEFS = pytest.mark.parametrize("believed", [_all_wait, _first_were_called, _nobody_waits])


@pytest.mark.django_db(transaction=True)
@BELIEFS
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
        settle(reports=[(_begun(owner, now).attempt_id, REPORT)], now=now)


def _begun(owner: ProviderAccount, now: datetime, result: PlaceResult | None = None) -> Reserved:
    """Return a call that was claimed and asked for: taken, or with this answer."""
    (call,) = claim(account_id=owner.pk, now=now, room=1, leaves_at_once=True).reserved
    found = result or Accepted(external_id=f"call-{call.attempt_id}")
    placed = Placed(attempt_id=call.attempt_id, account_id=owner.pk, campaign_id=call.campaign.id, result=found)
    record(results=[placed], now=now)
    return call


@pytest.mark.django_db(transaction=True)
@BELIEFS
def test_what_comes_of_few_calls_reads_a_few_rows_as_well(believed: Callable[[ProviderAccount], None]) -> None:
    owner = account(provider="astradial", fleet=None)
    made = campaign(owner, leads=0, dids=[did(owner, limit=1000)], **RULES)
    _fill_inbox_and_feed(owner)
    queue([made], leads=MANY)
    ProviderEvent.objects.update(state="APPLIED")
    FeedEntry.objects.update(position=F("id"))
    believed(owner)
    _suppress_the_next(2)
    scenes = (_put_off, _progresses, _told_late, _refuses, _doubts, _asks_back, _unclear, _reserved_only, _in_the_inbox)
    with watched(growing=GROWING) as plans:
        for scene in scenes:
            scene(owner)
        place_entries()
        _look_for_signs()
    assert len(plans.ran) > 150
    assert plans.problems() == {}


def _fill_inbox_and_feed(owner: ProviderAccount) -> None:
    """Add what was told before: it waits when statistics are made, and is done with afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO webhooks_providerevent (account_id, source, headers, body)
               SELECT %s, 'PUSH', '{}', '' FROM generate_series(1, %s)""",
            [owner.pk, MANY],
        )
        cursor.execute("INSERT INTO campaigns_feedentry (kind) SELECT 'NOTICE' FROM generate_series(1, %s)", [MANY])


def _suppress_the_next(people: int) -> None:
    """Suppress who is called next, until tomorrow."""
    now = datetime.now(UTC)
    never = SuppressionList.objects.create(name="Until tomorrow", applies_to_all=True)
    due = Lead.objects.filter(state="PENDING", next_attempt_at__lte=now).order_by("rank", "next_attempt_at", "id")
    SuppressedNumber.objects.bulk_create(
        SuppressedNumber(suppression_list=never, number=number, until=now + timedelta(days=1))
        for number in due.values_list("number", flat=True)[:people]
    )


def _look_for_signs() -> None:
    """Look for work that waits, as each worker does once a second: there is none by now."""
    signs = (*campaign_signs().values(), *webhook_signs().values())
    with hot_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'EXISTS ({sign})' for sign in signs)}")
        assert cursor.fetchone() is not None


def _put_off(owner: ProviderAccount) -> None:
    """The next two are suppressed, and are looked at."""
    claim(account_id=owner.pk, now=datetime.now(UTC), room=1, leaves_at_once=True)
    assert Skip.objects.count() == 2


def _progresses(owner: ProviderAccount) -> None:
    """It rings and is answered before it ends, and its end is held against a reading of the fleet."""
    now = datetime.now(UTC)
    FleetBoundUse.objects.create(account=owner, asked_at=now, since_at=now, before_at=now, calls=5)
    call = _begun(owner, now)
    for phase in (Phase.RINGING, Phase.ANSWERED):
        settle(reports=[(call.attempt_id, CallReport(phase=phase))], now=now)
    settle(reports=[(call.attempt_id, replace(REPORT, source="PUSH", duration_seconds=9))], now=now)
    FleetBoundUse.objects.all().delete()


def _told_late(owner: ProviderAccount) -> None:
    """Nobody answers; then a disposition comes that asks for something else."""
    now = datetime.now(UTC)
    call = _begun(owner, now)
    settle(reports=[(call.attempt_id, CallReport(phase=Phase.ENDED, outcome=Outcome.NO_ANSWER))], now=now)
    settle(reports=[(call.attempt_id, replace(REPORT, outcome=Outcome.NO_ANSWER, disposition="voicemail"))], now=now)
    assert Lead.objects.get(pk=call.lead.id).avoid_did_id is not None


def _refuses(owner: ProviderAccount) -> None:
    now = datetime.now(UTC)
    settle(reports=[(_begun(owner, now).attempt_id, replace(REPORT, disposition="do not call"))], now=now)
    assert OptOut.objects.count() == 1


def _doubts(owner: ProviderAccount) -> None:
    now = datetime.now(UTC)
    said = [{"role": "user", "text": "Please don't call me again unless it is urgent."}]
    settle(reports=[(_begun(owner, now).attempt_id, replace(REPORT, transcript=said))], now=now)
    assert PossibleOptOut.objects.count() == 1


def _asks_back(owner: ProviderAccount) -> None:
    now = datetime.now(UTC)
    call = _begun(owner, now)
    settle(reports=[(call.attempt_id, replace(REPORT, disposition="callback"))], now=now)
    assert Lead.objects.get(pk=call.lead.id).callback_at is not None


def _unclear(owner: ProviderAccount) -> None:
    """No clear answer, no result by the deadline, and a result after all."""
    now = datetime.now(UTC)
    call = _begun(owner, now, result=Unclear(detail="ReadTimeout"))
    later = now + timedelta(days=1)
    reconcile(now=later)
    settle(reports=[(call.attempt_id, REPORT)], now=later)
    assert Lead.objects.get(pk=call.lead.id).last_outcome == "ANSWERED"


def _reserved_only(owner: ProviderAccount) -> None:
    """Its process ends before it leaves; the next one's begins to place it."""
    now = datetime.now(UTC)
    claim(account_id=owner.pk, now=now, room=1)
    reconcile(now=now + timedelta(seconds=10))
    (call,) = claim(account_id=owner.pk, now=now, room=1).reserved
    with transaction.atomic(), hot_cursor() as cursor:
        assert begin_placing(cursor, account_id=owner.pk, attempt_ids=[call.attempt_id]) == {call.attempt_id}
    settle(reports=[(call.attempt_id, REPORT)], now=now)


def _in_the_inbox(owner: ProviderAccount) -> None:
    """A call is found by each of its names, its variables are asked for, and a row of a log ends it."""
    now = datetime.now(UTC)
    call = _begun(owner, now)
    reference = str(call.reference)
    named = (
        (Correlation.REFERENCE, CallReport(phase=Phase.ENDED, reference=reference)),
        (Correlation.EXTERNAL_ID, CallReport(phase=Phase.ENDED, external_id=f"call-{call.attempt_id}")),
        (Correlation.NUMBER_AND_TIME, CallReport(phase=Phase.ENDED, to_number=call.lead.number, started_at=now)),
    )
    for correlation, report in named:
        (found,) = match([Question(account_id=owner.pk, report=report, seen_at=now, correlation=correlation)])
        assert found.attempt_id == call.attempt_id
    for asked in (CallAsked(reference=call.reference), CallAsked(numbers=(call.lead.number,))):
        assert call_of(account_id=owner.pk, asked=asked) is not None
    row = replace(REPORT, to_number=call.lead.number, started_at=now, is_outbound=True, dedupe_key="row", raw={})
    assert store_rows(account_id=owner.pk, reports=[row]) == 1
    assert apply_inbox(now=now + timedelta(minutes=1)) == 1
    assert ProviderEvent.objects.latest("id").state == "APPLIED"
