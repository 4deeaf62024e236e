"""How far logs were read: each log by one process an interval, cursors that move forward, questions evenly spread."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction

from tests.campaigns.world import NOON, account, campaign, place, set_fleet
from tests.webhooks.test_log_reading import SECOND, SLUGS, busy
from webhooks.cursors import (
    FURTHEST_BACK,
    WHOLE_EVERY_INTERVALS,
    note_pull,
    note_whole,
    reserve_lookups,
    take_due_pulls,
    use_lookups,
    want_whole,
)
from webhooks.models import LogCursor

pytestmark = pytest.mark.django_db


def test_a_log_is_read_once_an_interval_however_many_calls_are_under_way() -> None:
    owner = busy()
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    assert (due.account_id, due.is_first, due.interval) == (owner.pk, True, 15 * SECOND)
    assert due.since_at <= NOON
    assert take_due_pulls(slugs=SLUGS, now=NOON + 2 * SECOND) == [], "a second worker leaves it alone"
    asked_at = NOON + SECOND
    note_pull(due=due, cursor="7", asked_at=asked_at, now=asked_at, rows=3, full=False, problem="", is_read=True)
    assert take_due_pulls(slugs=SLUGS, now=NOON + 15 * SECOND) == []
    (again,) = take_due_pulls(slugs=SLUGS, now=NOON + 16 * SECOND)
    assert (again.cursor, again.is_first) == ("7", False)


def test_a_log_is_not_read_where_nobody_is_called_or_there_is_none() -> None:
    account(provider="astradial")
    busy("altur", calls=1)
    assert take_due_pulls(slugs=SLUGS, now=NOON + SECOND) == []


def test_a_page_that_was_cut_short_is_counted_and_followed_soon() -> None:
    owner = busy("ivrsolutions", calls=2)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    note_pull(due=due, cursor="1", asked_at=NOON, now=NOON + SECOND, rows=60, full=True, problem="", is_read=True)
    want_whole(account_id=owner.pk, now=NOON + SECOND)
    found = LogCursor.objects.get(account=owner)
    assert (found.full_count, found.rows_read, found.cursor) == (1, 60, "1")
    (soon,) = take_due_pulls(slugs=SLUGS, now=NOON + 7 * SECOND)
    assert soon.whole


def test_a_cursor_that_another_process_moved_is_not_moved_back() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    for cursor in ("20", "10"):
        note_pull(
            due=due, cursor=cursor, asked_at=NOON, now=NOON + SECOND, rows=1, full=False, problem="", is_read=True
        )
    assert LogCursor.objects.get(account=owner).cursor == "20"


def test_a_log_that_could_not_be_read_says_why_and_is_read_again_from_the_same_place() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    note_pull(
        due=due, cursor=None, asked_at=NOON, now=NOON + SECOND, rows=0, full=False, problem="HTTP 503", is_read=False
    )
    found = LogCursor.objects.get(account=owner)
    assert (found.problem, found.cursor, found.reached_at) == ("HTTP 503", "", None)
    (again,) = take_due_pulls(slugs=SLUGS, now=NOON + 31 * SECOND)
    assert again.is_first


def test_questions_about_single_calls_leave_evenly_spread_and_none_twice() -> None:
    owner = busy()
    with transaction.atomic():
        first = reserve_lookups(account_id=owner.pk, per_second=10, now=NOON, most=50)
        use_lookups(account_id=owner.pk, used=first[:4], per_second=10)
    with transaction.atomic():
        second = reserve_lookups(account_id=owner.pk, per_second=10, now=NOON, most=50)
    used = [*first[:4], *second]
    gaps = {round((later - earlier).total_seconds(), 3) for earlier, later in pairwise(used)}
    assert (len(first), gaps) == (10, {0.1})


def test_a_log_is_read_from_the_oldest_call_but_no_further_back_than_ten_minutes() -> None:
    owner = account(provider="astradial", poll_after_seconds=30)
    made = campaign(owner, leads=2)
    now = NOON + timedelta(hours=2)
    place(made)  # two hours old: it is asked about by itself
    set_fleet(owner, available=10, at=now)
    place(made, now=now - timedelta(minutes=5))
    (due,) = take_due_pulls(slugs=SLUGS, now=now)
    assert due.since_at == now - timedelta(minutes=5)
    note_pull(due=due, cursor="1", asked_at=now, now=now, rows=0, full=False, problem="", is_read=True)
    later = now + timedelta(hours=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=later)
    assert due.since_at == later - FURTHEST_BACK


def test_a_whole_stretch_begins_at_the_oldest_call_and_is_read_once_in_four_intervals() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    note_pull(
        due=due, cursor="1", asked_at=NOON + SECOND, now=NOON + SECOND, rows=1, full=True, problem="", is_read=True
    )
    whole_at, now = [], NOON + timedelta(hours=2)
    until = now + due.interval * (2 * WHOLE_EVERY_INTERVALS + 1)
    while now < until:
        want_whole(account_id=owner.pk, now=now)
        for pull in take_due_pulls(slugs=SLUGS, now=now):
            if pull.whole:
                assert pull.since_at <= NOON
                whole_at.append(now)
                note_whole(due=pull, asked_at=now, now=now, rows=5, problem="")
            else:
                note_pull(due=pull, cursor=None, asked_at=now, now=now, rows=0, full=False, problem="", is_read=True)
        now += SECOND
    gaps = [later - earlier for earlier, later in pairwise(whole_at)]
    assert gaps, "it is read again"
    assert min(gaps) >= due.interval * WHOLE_EVERY_INTERVALS


def test_a_whole_stretch_that_failed_is_still_wanted() -> None:
    owner = busy("ivrsolutions", calls=1)
    (due,) = take_due_pulls(slugs=SLUGS, now=NOON + SECOND)
    want_whole(account_id=owner.pk, now=NOON)
    note_whole(due=due, asked_at=NOON + SECOND, now=NOON + SECOND, rows=0, problem="HTTP 503")
    assert LogCursor.objects.get(account=owner).whole_wanted_at == NOON
    note_whole(due=due, asked_at=NOON + SECOND, now=NOON + SECOND, rows=9, problem="")
    assert LogCursor.objects.get(account=owner).whole_wanted_at is None
