"""A copy never dials: every way to be away from home stops every claim, and only a person ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.checks import Limit
from campaigns.lifecycle.heartbeat import Heartbeat, judge
from campaigns.lifecycle.home import confirm, report_clock, shown
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import CampaignNotice
from campaigns.states.attempts import begin_placing
from campaigns.states.campaigns import UnableToOperate
from dialer.home.allowing import is_at_home, is_dialing_allowed
from dialer.models import Installation, Switchboard
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db


def now() -> datetime:
    """Return the instant."""
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def home() -> None:
    """A worker has been at work here."""
    Installation.objects.update_or_create(pk=1)
    assert judge()


def change(**values: Any) -> None:
    Installation.objects.filter(pk=1).update(**values)


def change_home(**values: Any) -> None:
    change(home={**Installation.objects.get().home, **values})


def other_server() -> None:
    change_home(system_identifier="1")
    change(server_started_at=NOON)


def gap() -> None:
    change(seen_at=now() - timedelta(seconds=901), good_until=now() - timedelta(seconds=1))


def clone() -> None:
    change_home(database_oid=1)
    change(database_oid=1)


def dump() -> None:
    change_home(table_oid=1)
    change(table_oid=1)


def set_back() -> None:
    change(seen_at=now() + timedelta(hours=1))


def doubt() -> None:
    change(doubt_since=NOON)


def no_row() -> None:
    Installation.objects.all().delete()


AWAY = [other_server, gap, clone, dump]


@pytest.mark.parametrize("leave", [*AWAY, doubt, no_row])
def test_away_from_home_nothing_is_claimed_and_nothing_reserved_leaves_though_no_beat_has_seen_it(
    leave: Callable[[], object],
) -> None:
    owner = account()
    campaign(owner, leads=3)
    reserved = claimed(owner, room=1).reserved
    assert len(reserved) == 1
    leave()
    assert claimed(owner).reserved == []
    assert not is_dialing_allowed()
    with connection.cursor() as cursor:
        assert begin_placing(cursor, account_id=owner.pk, attempt_ids=[reserved[0].attempt_id]) == set()


@pytest.mark.parametrize("leave", [*AWAY, set_back])
def test_a_beat_doubts_rather_than_beat_and_a_person_ends_it(leave: Callable[[], object]) -> None:
    owner = account()
    made = campaign(owner, leads=3)
    leave()
    heart = Heartbeat()
    assert [heart.beat(), heart.beat()] == [False, False]
    home = shown()
    assert home.is_in_doubt
    assert (home.running_campaigns, home.live_attempts) == ((made.name,), 0)
    assert len(home.differences) == 1
    board = Switchboard.objects.get()
    assert (board.dialing_allowed, board.changed_by) == (False, "Dialer")
    assert CampaignNotice.objects.filter(kind="MAY_BE_A_COPY").count() == 1
    explained = explain_campaign(campaign_id=made.pk, now=NOON)
    assert explained is not None
    assert explained.limit == Limit.HOME
    assert home.differences[0]["what"] in explained.said
    assert claimed(owner).reserved == []

    assert home.doubt_since is not None
    confirm(since=home.doubt_since, by="Asha", now=now())
    assert heart.beat()
    assert Switchboard.objects.get().dialing_allowed
    assert (shown().is_in_doubt, shown().confirmed_by) == (False, "Asha")
    assert len(claimed(owner).reserved) == 3


def test_what_restarts_in_its_place_is_at_home_after_one_beat() -> None:
    owner = account()
    campaign(owner, leads=1)
    change(server_started_at=NOON)
    assert claimed(owner).reserved == []
    assert Heartbeat().beat()
    assert len(claimed(owner).reserved) == 1


def test_the_switchboard_is_not_turned_on_over_a_doubt() -> None:
    campaign(account())
    gap()
    judge()
    with pytest.raises(UnableToOperate) as refused:
        set_dialing_allowed(allowed=True, reason="", by="Asha", now=now())
    assert refused.value.code == "may_be_a_copy"
    assert not Switchboard.objects.get().dialing_allowed


@pytest.mark.parametrize("during", [False, True])
def test_a_stop_that_a_person_made_outlasts_the_confirming(during: bool) -> None:
    campaign(account())
    if not during:
        set_dialing_allowed(allowed=False, reason="flood", by="Asha", now=now())
    gap()
    judge()
    if during:
        set_dialing_allowed(allowed=False, reason="flood", by="Asha", now=now())
    since = shown().doubt_since
    assert since is not None
    confirm(since=since, by="Bela", now=now())
    board = Switchboard.objects.get()
    assert (board.dialing_allowed, board.reason) == (False, "flood")


def test_dialing_is_kept_stopped_when_the_person_says_so() -> None:
    campaign(account())
    gap()
    judge()
    since = shown().doubt_since
    assert since is not None
    confirm(since=since, by="Asha", allow_dialing=False, now=now())
    assert not Switchboard.objects.get().dialing_allowed
    set_dialing_allowed(allowed=True, reason="", by="Asha", now=now())
    assert is_dialing_allowed()


def test_only_the_doubt_that_was_shown_is_confirmed() -> None:
    campaign(account())
    with pytest.raises(UnableToOperate, match="no doubt"):
        confirm(since=NOON, by="Asha", now=now())
    gap()
    judge()
    with pytest.raises(UnableToOperate, match="look again"):
        confirm(since=NOON, by="Asha", now=now())
    # The doubtful database is copied once more: what was shown is not what is there.
    since = shown().doubt_since
    assert since is not None
    row = Installation.objects.get()
    row.doubt["found"]["table_oid"] = 1
    row.save()
    with pytest.raises(UnableToOperate, match="look again"):
        confirm(since=since, by="Asha", now=now())
    assert not is_at_home()


def test_an_older_state_is_seen_by_the_worker_that_saw_a_later_one() -> None:
    campaign(account())
    heart = Heartbeat()
    assert heart.beat()
    change(seen_at=now() - timedelta(seconds=60))
    assert not heart.beat()
    assert "older state" in shown().differences[0]["what"]


def test_where_there_is_nobody_to_ring_a_gap_is_no_doubt() -> None:
    gap()
    assert Heartbeat().beat()
    assert not Switchboard.objects.filter(dialing_allowed=False).exists()


def test_a_longer_pause_that_was_planned_is_no_gap(settings: Any) -> None:
    campaign(account())
    gap()
    settings.DIALER_LONGEST_PAUSE_SECONDS = 3600
    assert Heartbeat().beat()
    assert is_dialing_allowed()


def test_another_public_address_is_a_doubt_and_both_are_home_once_confirmed(settings: Any) -> None:
    campaign(account())
    settings.PUBLIC_BASE_URL = "https://one.example.com"
    assert not Heartbeat().beat()
    since = shown().doubt_since
    assert since is not None
    confirm(since=since, by="Asha", now=now())
    assert Heartbeat().beat()
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9999"
    assert Heartbeat().beat()


def test_beats_are_few() -> None:
    heart = Heartbeat()
    assert [heart.beat(), heart.beat()] == [True, True]  # the second is the first of a worker whose clock is right
    before = Installation.objects.values("seen_at", "good_until").get()
    assert [heart.beat() for _ in range(5)] == [True] * 5
    after = Installation.objects.values("seen_at", "good_until").get()
    assert before == after
    change(seen_at=now() - timedelta(seconds=4))
    late = Heartbeat()
    assert late.beat()
    assert shown().last_seen_at is not None
    assert now() - Installation.objects.get().seen_at < timedelta(seconds=3)  # type: ignore[operator]


def test_without_any_worker_the_reason_is_that_and_not_the_campaign() -> None:
    made = campaign(account(), leads=1)
    change(good_until=now() - timedelta(seconds=1))
    explained = explain_campaign(campaign_id=made.pk, now=NOON)
    assert explained is not None
    assert (explained.limit, "No worker has been at work" in explained.said) == (Limit.HOME, True)


def test_a_wrong_clock_is_told_once_and_names_itself_while_no_other_worker_is_right() -> None:
    made = campaign(account(), leads=1)
    for _ in range(2):
        report_clock(worker="w1", seconds_ahead=7.04, now=now())
    notice = CampaignNotice.objects.get(kind="CLOCK_WRONG")
    assert "w1" in notice.text
    assert "7.0 s ahead" in notice.text
    assert shown().wrong_clocks == {"w1": 7.0}
    explained = explain_campaign(campaign_id=made.pk, now=NOON)
    assert explained is not None
    assert (explained.limit, "w1 by +7.0 s" in explained.said) == (Limit.CLOCK, True)

    change(seen_at=now() - timedelta(seconds=4))
    heart = Heartbeat()
    assert [heart.beat(is_healthy=True), heart.beat(is_healthy=True)] == [True, True]
    explained = explain_campaign(campaign_id=made.pk, now=NOON)
    assert explained is not None
    assert explained.limit != Limit.CLOCK
    report_clock(worker="w1", seconds_ahead=None, now=now())
    assert shown().wrong_clocks == {}


def test_the_command_asks_for_a_clear_yes() -> None:
    campaign(account())
    call_command("confirm_home")
    gap()
    with pytest.raises(CommandError, match="Nothing was confirmed"):
        call_command("confirm_home")
    assert not is_dialing_allowed()
    call_command("confirm_home", goes_on=True)
    assert not is_dialing_allowed()
    call_command("confirm_home", "--yes-this-is-the-only-one", "--by", "Asha")
    assert is_dialing_allowed()


def test_a_command_elsewhere_does_not_take_its_own_addresses_for_the_workers(settings: Any) -> None:
    campaign(account())
    settings.PUBLIC_BASE_URL = "https://laptop.example.com"
    call_command("confirm_home")
    assert not shown().is_in_doubt
