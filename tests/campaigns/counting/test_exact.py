"""Kept counts are what the rows come to at every commit: by generated sequences, and with all that goes on at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.counting.checking import differences, note_gone, put_right
from campaigns.counting.folding import fold_all, fold_changes
from campaigns.counting.totals import Totals, totals_of
from campaigns.leads.callbacks import set_callback
from campaigns.leads.enrolling import enrol_contacts
from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, Campaign, Contact, CountChange, KeptCount, Lead
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from campaigns.states import leads as lead_states
from campaigns.states.campaigns import UnableToOperate
from campaigns.states.leads import PutOff
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.states.calling import (
    RULES,
    all_at_once,
    calling,
    dripping,
    operating,
    telling_late,
    turning,
    until_nobody_is_called,
)
from tests.campaigns.world import NOON, account, campaign, claimed, numbers

OUTCOMES = [Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MACHINE, Outcome.FAILED, Outcome.LOST]


def total(made: Campaign) -> Totals:
    with connection.cursor() as cursor:
        return totals_of(cursor, campaign_ids=[made.pk])[made.pk]


def wrong(*campaigns: Campaign) -> list[str]:
    with connection.cursor() as cursor:
        return [str(each) for each in differences(cursor, campaign_ids=[made.pk for made in campaigns])]


def remove(attempt_ids: Sequence[int]) -> list[str]:
    """Delete ended attempts on which nothing hangs, by one statement, as retention does; return their outcomes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM campaigns_attempt a WHERE id = ANY(%s)
                  AND NOT EXISTS (SELECT FROM campaigns_callback c WHERE c.attempt_id = a.id) RETURNING outcome""",
            [list(attempt_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


class Crash(Exception):
    """Ends a transaction in the middle."""


class House:
    """One campaign, what may happen to it, and what was deleted of it."""

    def __init__(self) -> None:
        self.made = campaign(account(), leads=6, max_attempts=3, retry_rules=RULES, callback_words=["CALLBACK"])
        self.gone: Counter[str] = Counter()

    def live(self) -> list[int]:
        return list(
            Attempt.objects.filter(campaign=self.made, ended_at=None).order_by("id").values_list("pk", flat=True)
        )

    def ended(self) -> list[int]:
        ended = Attempt.objects.filter(campaign=self.made).exclude(ended_at=None).order_by("id")
        return list(ended.values_list("pk", flat=True))

    def leads(self) -> list[int]:
        return list(Lead.objects.filter(campaign=self.made).order_by("id").values_list("pk", flat=True))

    def claim(self, n: int) -> None:
        claimed(self.made.account, room=n % 4)

    def talk(self, n: int) -> None:
        settle(reports=[(pk, CallReport(phase=Phase.ANSWERED)) for pk in self.live()[: n % 3]], now=NOON)

    def end(self, n: int) -> None:
        self._tell(self.live()[: n % 4], n)

    def tell_late(self, n: int) -> None:
        self._tell(self.ended()[-(n % 4) :], n)

    def _tell(self, ids: Sequence[int], n: int) -> None:
        settle(
            reports=[
                (pk, CallReport(phase=Phase.ENDED, outcome=OUTCOMES[(n + i) % 6], disposition=["", "CALLBACK"][n % 2]))
                for i, pk in enumerate(ids)
            ],
            now=NOON,
        )

    def lose(self, n: int) -> None:
        Attempt.objects.filter(pk__in=self.live()[: n % 3]).update(deadline_at=NOON - timedelta(seconds=1))
        reconcile(now=NOON)

    def call_back(self, n: int) -> None:
        with suppress(UnableToOperate):
            set_callback(lead_id=self.leads()[n % len(self.leads())], at=NOON, by="Asha", now=NOON)

    def cancel(self, n: int) -> None:
        with connection.cursor() as cursor:
            lead_states.cancel(cursor, lead_id=self.leads()[n % len(self.leads())], reason="Asked for", now=NOON)

    def put_off(self, n: int) -> None:
        state = ["PENDING", "SUPPRESSED", "EXPIRED"][n % 3]
        rows = [PutOff(lead_id=pk, state=state, until=None, reason="A rule") for pk in self.leads()[: n % 3]]
        with connection.cursor() as cursor:
            lead_states.put_off(cursor, leads=rows, now=NOON)

    def drip(self, n: int) -> None:
        contact = Contact.objects.create(contact_list=self.made.contact_lists.get(), number=numbers(1)[0])
        with suppress(UnableToOperate):
            enrol_contacts(campaign_id=self.made.pk, contact_ids=[contact.pk], due_at=NOON)

    def stop(self, n: int) -> None:
        with suppress(UnableToOperate):
            if n % 3 == 0:
                operations.stop_campaign(campaign_id=self.made.pk, now=NOON, by="Asha")
            Campaign.objects.filter(pk=self.made.pk).update(ends_at=NOON if n % 3 == 1 else None)
            turn_campaigns(now=NOON)

    def remove(self, n: int) -> None:
        self.gone += Counter(remove(self.ended()[: n % 3]))

    def fold(self, n: int) -> None:
        fold_changes(most=1 + n % 3)

    def crash(self, n: int) -> None:
        with suppress(Crash), transaction.atomic():
            self.claim(n)
            self._tell(self.live(), n)
            fold_changes(most=2)
            raise Crash

    def happen(self, name: str, n: int) -> None:
        getattr(self, name)(n)


HAPPENINGS = [
    *("claim", "claim", "claim", "talk", "end", "end", "end", "tell_late", "lose", "call_back"),
    *("cancel", "put_off", "drip", "stop", "remove", "fold", "crash"),
]


@pytest.mark.django_db
@settings(max_examples=25)
@given(happenings=st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 11)), min_size=10, max_size=25))
def test_after_each_happening_the_counts_are_what_the_rows_come_to(happenings: list[tuple[str, int]]) -> None:
    house = House()
    for name, n in happenings:
        house.happen(name, n)
        assert wrong(house.made) == [], (name, n)
        there = Counter(str(one.outcome) for one in Attempt.objects.filter(pk__in=house.ended()))
        found = total(house.made)
        assert found.attempts_by_outcome == dict(there + house.gone)
        assert found.attempts == len(house.live()) + (there + house.gone).total()
        states = Counter(Lead.objects.filter(campaign=house.made).values_list("state", flat=True))
        assert found.leads_by_state == dict(states)
    fold_all(most=3)
    assert (CountChange.objects.count(), wrong(house.made)) == (0, [])


def looking(made: Sequence[Campaign], is_over: threading.Event) -> int:
    """Compare at one instant after the other, until all is over; return how often."""
    looks = 0
    while not is_over.is_set():
        assert wrong(*made) == []
        looks += 1
    return looks


def folding(is_over: threading.Event) -> None:
    while not is_over.is_set():
        fold_changes(most=7)


def removing(is_over: threading.Event) -> None:
    """Delete the oldest calls of leads that are over, again and again."""
    while not is_over.is_set():
        old = Attempt.objects.filter(lead__ended_at__isnull=False).exclude(ended_at=None)
        with suppress(IntegrityError):  # a late word asked for a callback in this moment
            remove(list(old.order_by("id").values_list("pk", flat=True)[:5]))


@pytest.mark.django_db(transaction=True)
def test_the_counts_are_exact_at_every_instant_of_a_house_that_calls() -> None:
    owners = [account(), account()]
    made = [
        campaign(owners[n % 2], leads=60, max_attempts=9, retry_rules=RULES, callback_words=["CALLBACK"])
        for n in range(3)
    ]
    is_over = threading.Event()

    def ends(work: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            finally:
                is_over.set()

        return run

    def all_of_it() -> None:
        all_at_once(
            [
                *(lambda n=n: calling(owners[n % 2], Random(n)) for n in range(3)),
                lambda: telling_late(Random(5)),
                turning,
                lambda: operating(made[0], made[1], Random(9)),
                lambda: dripping(made[2]),
            ]
        )
        until_nobody_is_called(owners)

    looks: list[int] = []
    all_at_once(
        [
            ends(all_of_it),
            *(lambda: folding(is_over) for _ in range(2)),
            lambda: removing(is_over),
            lambda: looks.append(looking(made, is_over)),
        ]
    )
    assert looks[0] > 5
    gone = sum(KeptCount.objects.filter(counted="OUTCOME").values_list("gone", flat=True))
    fold_all()
    assert (wrong(*made), gone > 0) == ([], True)
    # What was deleted is still counted.
    counted = sum(total(each).attempts for each in made)
    assert counted > Attempt.objects.count()
    assert sum(total(each).leads for each in made) == Lead.objects.count()


@pytest.mark.django_db
def test_what_is_wrong_is_found_and_put_right_beside_what_goes_on() -> None:
    made, other = campaign(account(), leads=4), campaign(account(), leads=2)
    ids = [call.attempt_id for call in claimed(made.account, room=2).reserved]
    settle(reports=[(ids[0], CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY))], now=NOON)
    fold_all()
    KeptCount.objects.filter(campaign=made, counted="LEADS", value="DIALING").update(number=7)
    KeptCount.objects.filter(campaign=made, counted="OUTCOME").delete()
    found = [
        f"campaign #{made.pk}, LEADS DIALING: kept 7, there 1",
        f"campaign #{made.pk}, OUTCOME BUSY: kept 0, there 1",
    ]
    assert wrong(made, other) == found
    with connection.cursor() as cursor:
        assert [str(each) for each in put_right(cursor, campaign_ids=[made.pk, other.pk])] == found
        assert put_right(cursor, campaign_ids=[made.pk]) == []
    settle(reports=[(ids[1], CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY))], now=NOON)
    fold_all()
    assert (wrong(made), total(made).attempts_by_outcome) == ([], {"BUSY": 2})


@pytest.mark.django_db
def test_a_draft_that_is_deleted_leaves_no_counts() -> None:
    made = campaign(account(), leads=3)
    made.leads.all().delete()
    made.delete()
    fold_all()
    assert (CountChange.objects.count(), KeptCount.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_attempts_that_go_with_their_table_stay_counted() -> None:
    made = campaign(account(), leads=2)
    ids = [call.attempt_id for call in claimed(made.account, room=2).reserved]
    settle(reports=[(ids[0], CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY))], now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE old_part AS SELECT * FROM campaigns_attempt WHERE ended_at IS NOT NULL")
        note_gone(cursor, table="old_part")
        # No trigger sees a part go: here none sees the rows go.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM campaigns_attempt WHERE id IN (SELECT id FROM old_part)")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert (wrong(made), total(made).attempts_by_outcome) == ([], {"BUSY": 1})


@pytest.mark.django_db
def test_a_lead_that_is_deleted_while_it_waits_is_counted_no_more() -> None:
    made = campaign(account(), leads=3)
    with connection.cursor() as cursor:
        lead_states.cancel(cursor, lead_id=made.leads.order_by("id")[0].pk, reason="Asked for", now=NOON)
        first, second, _ = made.leads.order_by("id").values_list("pk", flat=True)
        cursor.execute("DELETE FROM campaigns_lead WHERE id = ANY(%s)", [[first, second]])
    assert (wrong(made), total(made).leads_by_state) == ([], {"CANCELED": 1, "PENDING": 1})
    fold_all()
    assert (wrong(made), total(made).leads_by_state) == ([], {"CANCELED": 1, "PENDING": 1})
