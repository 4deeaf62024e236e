"""Who is suppressed until a date is called after it: the lead waits, says so, and follows every change of the lists."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from campaigns.explaining.checks import Limit
from campaigns.explaining.why_not_now import Effect, explain_lead
from campaigns.models import Campaign, Lead, Skip, SuppressedNumber, SuppressionList
from campaigns.suppression import lift, suppress
from dialer.sandbox.client import wait_for
from tests.admin.conftest import owner
from tests.api.conftest import api
from tests.campaigns.world import NOON, account, campaign, claimed, set_fleet

__all__ = ["api", "owner"]

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
#: Ahead of NOON, and of whenever this runs: pages compare with the clock.
FAR = datetime(2099, 3, 2, 12, tzinfo=UTC)


def suppressed(made: Campaign, until: datetime | None, *, applies_to_all: bool = True) -> SuppressedNumber:
    """Suppress the campaign's only number."""
    never = SuppressionList.objects.create(
        name=f"List {SuppressionList.objects.count()}", applies_to_all=applies_to_all
    )
    made.suppression_lists.add(never)
    return SuppressedNumber.objects.create(suppression_list=never, number=made.leads.get().number, until=until)


def claimed_at(made: Campaign, at: datetime) -> Lead:
    """Return the campaign's only lead after a claim."""
    set_fleet(made.account, available=10, at=at)
    claimed(made.account, now=at)
    return made.leads.get()


def test_it_waits_for_the_first_permitted_instant_after_that_date_and_is_called_then() -> None:
    made = campaign(account(), leads=1, window_opens=time(9), window_closes=time(18))
    suppressed(made, NOON + DAY + timedelta(hours=9))
    due = NOON + 2 * DAY - timedelta(hours=3)
    said = explain_lead(lead_id=made.leads.get().pk, now=NOON)
    lead = claimed_at(made, NOON)
    assert (lead.state, lead.next_attempt_at) == ("PENDING", due)
    assert lead.state_reason == "Number is suppressed until 2026-03-03 21:00 UTC"
    assert said is not None
    assert said.decided_by is not None
    assert (said.effect, said.put_off_until, said.next_at) == (Effect.PUT_OFF, due, due)
    assert said.decided_by.limit == Limit.SUPPRESSION
    assert (Skip.objects.get().rule, Skip.objects.get().until) == ("SUPPRESSION", due)
    assert claimed_at(made, due - timedelta(seconds=1)).state == "PENDING"
    assert claimed_at(made, due).state == "DIALING"


@pytest.mark.parametrize("ends_after", [DAY, DAY + timedelta(hours=21)], ids=["at that date", "before it opens again"])
def test_where_the_campaign_ends_before_the_lead_is_suppressed(ends_after: timedelta) -> None:
    made = campaign(account(), leads=1, window_opens=time(9), window_closes=time(12, 30), ends_at=NOON + ends_after)
    suppressed(made, NOON + DAY + timedelta(minutes=45))
    lead = claimed_at(made, NOON)
    assert lead.state == "SUPPRESSED"
    assert "suppressed until 2026-03-03 12:45 UTC. The campaign ends" in lead.state_reason


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_until_the_last_day_that_there_is_is_for_ever_and_the_others_are_called(zone: str) -> None:
    barred = campaign(account(), leads=1, window_opens=time(9), window_closes=time(23), time_zone=zone)
    suppressed(barred, datetime.max.replace(tzinfo=UTC))
    other = campaign(barred.account, leads=1)
    lead = claimed_at(barred, NOON + timedelta(hours=4))
    assert (lead.state, other.leads.get().state) == ("SUPPRESSED", "DIALING")


def test_of_several_lists_the_longest_counts_and_for_ever_ends_it() -> None:
    made = campaign(account(), leads=1)
    suppressed(made, NOON + DAY)
    suppressed(made, NOON + 3 * DAY)
    suppressed(made, NOON - DAY)
    assert claimed_at(made, NOON).next_attempt_at == NOON + 3 * DAY
    suppressed(made, None)
    assert claimed_at(made, NOON + 3 * DAY).state == "SUPPRESSED"


def test_a_longer_suppression_keeps_it_waiting() -> None:
    made = campaign(account(), leads=1)
    entry = suppressed(made, NOON + DAY)
    claimed_at(made, NOON)
    number = made.leads.get().number
    suppress(numbers=[number], suppression_list=entry.suppression_list, until=NOON + 5 * DAY, now=NOON)
    lead = claimed_at(made, NOON + DAY)
    assert (lead.state, lead.next_attempt_at) == ("PENDING", NOON + 5 * DAY)


def lifted(entry: SuppressedNumber, **_: Any) -> None:
    lift(numbers=[entry.number], suppression_list=entry.suppression_list, now=NOON)


def shortened(entry: SuppressedNumber, owner: Client, **_: Any) -> None:
    form = {"suppression_list": entry.suppression_list_id, "number": entry.number, "until_0": "2020-01-01"}
    reply = owner.post(f"/admin/campaigns/suppressednumber/{entry.pk}/change/", {**form, "until_1": "00:00:00"})
    assert reply.status_code == 302, reply.content


def deleted(entry: SuppressedNumber, owner: Client, **_: Any) -> None:
    owner.post(f"/admin/campaigns/suppressednumber/{entry.pk}/delete/", {"post": "yes"})
    assert not SuppressedNumber.objects.exists()


@pytest.mark.parametrize(
    "ease",
    [lifted, shortened, deleted],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("is_retry", [False, True], ids=["first call", "retry of another number"])
def test_what_eases_a_suppression_brings_the_lead_forward(
    ease: Callable[..., None],
    is_retry: bool,
    owner: Client,
    api: APIClient,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    made = campaign(account(), leads=1)
    if is_retry:
        made.leads.update(last_attempt_at=NOON - DAY, rank=25, attempts_made=1, other_number="+919810000077")
    entry = suppressed(made, FAR)
    if is_retry:
        SuppressedNumber.objects.update(number="+919810000077")
        entry.refresh_from_db()
    other = campaign(account(), leads=1)
    other.leads.update(next_attempt_at=NOON + DAY, state_reason="Outside the hours")
    assert claimed_at(made, NOON).next_attempt_at == FAR
    with django_capture_on_commit_callbacks(execute=True):
        ease(entry, owner=owner, api=api)
    lead = made.leads.get()
    assert (lead.state, lead.state_reason) == ("PENDING", "")
    assert claimed_at(made, max(lead.next_attempt_at, NOON)).state == "DIALING"
    assert other.leads.get().next_attempt_at == NOON + DAY


@pytest.mark.django_db(transaction=True)
def test_a_claim_under_way_while_a_suppression_is_lifted_leaves_nobody_waiting() -> None:
    made = campaign(account(), leads=1)
    entry = suppressed(made, FAR)
    lifting = threading.Thread(target=in_thread(lambda: lifted(entry)))
    with transaction.atomic():
        assert claimed_at(made, NOON).next_attempt_at == FAR
        lifting.start()
        wait_for(lambda: waits_for_a_lock() or not lifting.is_alive(), within_seconds=10)
    lifting.join(10)
    assert made.leads.get().next_attempt_at == NOON


def in_thread(work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None
