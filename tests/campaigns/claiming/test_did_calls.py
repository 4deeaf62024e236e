"""Caps of DIDs by what is kept of their calls: exact however calls end and clocks differ, and read from few rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from campaigns.claiming.did_calls import AGAIN, CLOCKS, MOST_READ, Calls, Caps, to_look_at
from campaigns.models import Attempt, Campaign, DIDCalls, Lead
from campaigns.states.ends import AttemptEnd, end_attempts
from dialer.models import DID
from dialer.providers.base import Outcome
from dialer.sql import hot_cursor
from tests.benchmarks.growth.queues import called_today, queue
from tests.campaigns.world import NOON, account, campaign, claimed, did
from tests.history.plans import watched
from tests.history.tables import GROWING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = [
    timedelta(seconds=0.1),
    timedelta(seconds=3),
    timedelta(minutes=5),
    timedelta(minutes=40),
    7 * HOUR,
    23.9 * HOUR,
]
ROTATIONS = ["MOST_ROOM", "LEAST_USED", "ROUND_ROBIN"]


class House:
    """Three DIDs with caps that somebody changes, calls that end as they may, and workers whose clocks differ."""

    def __init__(self, *, seed: int) -> None:
        self.chance, self.at = Random(seed), NOON
        self.owner = account(provider="astradial", fleet=None)
        self.dids = [did(self.owner, limit=10_000) for _ in range(3)]
        campaign(self.owner, leads=0, dids=self.dids, did_rotation=self.chance.choice(ROTATIONS))
        queue(list(Campaign.objects.all()), leads=4_000)
        Lead.objects.update(next_attempt_at=NOON - DAY)
        self.change_caps()

    def change_caps(self) -> None:
        """Give each DID others, or none."""
        for line in self.dids:
            caps = [self.chance.choice([None, 1, 3, 8]), self.chance.choice([None, 2, 5, 20])]
            DID.objects.filter(pk=line.pk).update(max_calls_per_hour=caps[0], max_calls_per_day=caps[1])

    def room(self, line: DID, *, now: datetime) -> int:
        """Count how many more calls a DID may make, by the calls themselves."""
        line.refresh_from_db()
        made = Attempt.objects.filter(did=line).exclude(is_burned=False)
        of_spans = [
            cap - made.filter(reserved_at__gt=now - span).count()
            for cap, span in ((line.max_calls_per_hour, HOUR), (line.max_calls_per_day, DAY))
            if cap is not None
        ]
        return max(0, min([50, *of_spans]))

    def call(self, *, skew_seconds: float = 0.0) -> int:
        """Claim by a clock that is a little wrong; no DID may make more calls than it may by that clock."""
        now = self.at + timedelta(seconds=skew_seconds)
        rooms = {line.pk: self.room(line, now=now) for line in self.dids}
        taken = claimed(self.owner, now=now, room=self.chance.choice([1, 4, 50])).reserved
        made = Counter(
            Attempt.objects.filter(pk__in=[call.attempt_id for call in taken]).values_list("did_id", flat=True)
        )
        assert all(calls <= rooms[pk] for pk, calls in made.items()), (made, rooms)
        return len(taken)

    def call_until(self, wanted: int) -> int:
        """Claim until so many are called, or until three claims in a row found nobody."""
        called, in_vain = 0, 0
        while called < wanted and in_vain < 3:
            more = self.call()
            called, in_vain = called + more, 0 if more else in_vain + 1
        return called

    def end_some(self) -> None:
        """End some of the calls; of some nobody heard, so that they count as none."""
        live = list(Attempt.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True))
        ends = [
            AttemptEnd(
                attempt_id=pk,
                outcome=Outcome.BUSY,
                is_burned=self.chance.random() < 0.7,
                lead_state="EXHAUSTED",
                ended_at=self.at,
            )
            for pk in self.chance.sample(live, self.chance.randint(0, len(live)))
        ]
        if ends:
            with hot_cursor() as cursor:
                end_attempts(cursor, ends=ends)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
def test_a_did_never_makes_more_calls_than_its_caps_and_all_that_they_let_through(seed: int) -> None:
    house = House(seed=seed)
    for _ in range(40):
        house.at += house.chance.choice(STEPS)
        house.call(skew_seconds=house.chance.uniform(-5, 5))
        house.end_some()
        if house.chance.random() < 0.1:
            house.change_caps()
        if house.chance.random() < 0.2:
            # Whoever waits for a while gets all the room there is, however little was known of it.
            house.at += AGAIN + CLOCKS
            room = sum(house.room(line, now=house.at) for line in house.dids)
            assert house.call_until(room) >= room


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_turn_reads_few_calls_however_many_its_dids_have_made_today(rotation: str) -> None:
    owner = account(provider="astradial", fleet=None)
    lines = [did(owner, max_calls_per_day=60, rest_below_answer_percent=10, rest_after_calls=50) for _ in range(40)]
    queue([campaign(owner, leads=0, dids=lines, did_rotation=rotation)], leads=200)
    now = datetime.now(UTC)
    assert claimed(owner, now=now, room=1).reserved
    called_today(account_id=owner.pk, calls=50)
    DIDCalls.objects.all().delete()
    assert claimed(owner, now=now, room=1).reserved, "each DID was looked at"
    with watched(growing=GROWING) as plans:
        for turn in range(5):
            assert claimed(owner, now=now + timedelta(milliseconds=turn), room=2).reserved
    assert plans.problems() == {}


def test_a_turn_looks_at_so_many_dids_that_their_calls_stay_few_the_longest_waiting_first() -> None:
    caps = Caps(per_hour=None, per_day=MOST_READ // 4)
    full = {
        pk: Calls(looked_at=NOON - pk * HOUR, hour_calls=0, day_calls=MOST_READ // 4, latest_at=None, caps=caps)
        for pk in range(1, 8)
    }
    looks, waiting = to_look_at(known=full, caps=dict.fromkeys(full, caps), counted=(), now=NOON)
    assert (looks, waiting) == ([7, 6, 5, 4], {1, 2, 3})
    looks, waiting = to_look_at(known=full, caps=dict.fromkeys(full, caps), counted=(), now=NOON, only_looking=True)
    assert (sorted(looks), waiting) == ([1, 2, 3, 4, 5, 6, 7], set())
    huge = Caps(per_hour=None, per_day=10 * MOST_READ)
    alone = {1: Calls(looked_at=NOON - HOUR, hour_calls=0, day_calls=10 * MOST_READ, latest_at=None, caps=huge)}
    assert to_look_at(known=alone, caps={1: huge}, counted=(), now=NOON) == ([1], set())
