"""Campaigns that open by themselves, and recurring ones: each edge begins one run, whatever the beat does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.lifecycle.operations import (
    InFlight,
    pause_campaign,
    resume_campaign,
    start_campaign,
    stop_campaign,
)
from campaigns.lifecycle.schedule import open_due
from campaigns.models import Approval, Campaign, CampaignNotice, CampaignRun, ContactList, Lead
from campaigns.rules.cron import cron_problems, latest_edge, next_edge
from campaigns.states.campaigns import UnableToOperate
from tests.campaigns.world import NOON, account, campaign, contact_list, numbers

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def draft(**fields: Any) -> Campaign:
    """Return a campaign that was not started, over a list of three."""
    made = campaign(account(), leads=3, **{"state": "DRAFT", **fields})
    made.leads.all().delete()
    return made


def state(of: Campaign) -> str:
    return Campaign.objects.get(pk=of.pk).state


@pytest.mark.django_db
def test_a_campaign_with_a_later_start_is_scheduled_and_opens_then_once() -> None:
    made = draft(starts_at=NOON + HOUR)
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    assert state(made) == "SCHEDULED"
    assert open_due(now=NOON + 59 * MINUTE) == []
    assert open_due(now=NOON + HOUR) == [made.pk]
    assert (state(made), made.leads.count()) == ("RUNNING", 3)
    assert open_due(now=NOON + HOUR) == []
    run = CampaignRun.objects.get()
    assert (run.edge_at, run.problem) == (NOON + HOUR, "")


@pytest.mark.django_db
def test_a_scheduled_campaign_that_cannot_open_pauses_and_says_why() -> None:
    made = draft(starts_at=NOON + HOUR)
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    made.template.approval = Approval.REJECTED
    made.template.save()
    assert open_due(now=NOON + HOUR) == []
    assert state(made) == "PAUSED"
    assert "not approved" in Campaign.objects.get().state_reason
    assert CampaignNotice.objects.get().kind == "RUN_FAILED"


@pytest.mark.django_db
def test_each_edge_begins_a_run_of_its_own_over_the_lists() -> None:
    made = draft(run_cron="0 9 * * *", time_zone="Asia/Kolkata", weight=7)
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    assert open_due(now=NOON) == []
    assert Campaign.objects.get().state_reason == "Next run 2026-03-03 09:00 Asia/Kolkata"
    (first,) = open_due(now=datetime(2026, 3, 3, 3, 30, 2, tzinfo=UTC))
    (second,) = open_due(now=datetime(2026, 3, 4, 3, 30, tzinfo=UTC))
    run = Campaign.objects.get(pk=first)
    assert (run.name, run.state, run.weight, run.run_cron) == (f"{made.name} – run 2026-03-03 09:00", "RUNNING", 7, "")
    assert (run.parent, run.ends_at) == (made, datetime(2026, 3, 4, 3, 30, tzinfo=UTC))
    assert list(run.dids.all()) == list(made.dids.all())
    assert {Lead.objects.filter(campaign=one).count() for one in (first, second)} == {3}
    assert (made.leads.count(), state(made)) == (0, "SCHEDULED")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operate", [pause_campaign, stop_campaign])
def test_who_stops_a_schedule_is_told_of_the_run_that_goes_on(operate: Callable[..., InFlight]) -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    (child,) = open_due(now=NOON + HOUR)
    run = Campaign.objects.get(pk=child)
    found = operate(campaign_id=made.pk, now=NOON + HOUR, by="olga")
    assert found.unconfirmed == (f"Its run “{run.name}” goes on calling: pause or stop that as well.",)
    assert (state(run), operate(campaign_id=child, now=NOON + HOUR, by="olga").unconfirmed) == ("RUNNING", ())


@pytest.mark.django_db
def test_after_an_outage_only_the_latest_missed_edge_runs() -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    assert len(open_due(now=NOON + 5 * HOUR + 20 * MINUTE)) == 1
    run = CampaignRun.objects.get()
    assert (run.edge_at, run.edges_missed) == (NOON + 5 * HOUR, 4)
    # A beat whose message comes late does not go back.
    assert open_due(now=NOON + 2 * HOUR) == []


@pytest.mark.django_db
def test_edges_while_it_is_paused_are_not_made_up_for() -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    pause_campaign(campaign_id=made.pk, now=NOON + 10 * MINUTE, by="olga")
    assert open_due(now=NOON + 3 * HOUR) == []
    resume_campaign(campaign_id=made.pk, now=NOON + 3 * HOUR + MINUTE, by="olga")
    assert open_due(now=NOON + 3 * HOUR + 2 * MINUTE) == []
    assert len(open_due(now=NOON + 4 * HOUR)) == 1


@pytest.mark.django_db
def test_a_run_that_cannot_start_leaves_a_notice_and_no_campaign() -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    made.contact_lists.set([contact_list([])])
    assert open_due(now=NOON + HOUR) == []
    assert Campaign.objects.count() == 1
    assert "empty" in CampaignRun.objects.get().problem
    assert CampaignNotice.objects.get().kind == "RUN_FAILED"
    made.contact_lists.set([contact_list(numbers(1))])
    assert open_due(now=NOON + HOUR + MINUTE) == []
    assert len(open_due(now=NOON + 2 * HOUR)) == 1


@pytest.mark.django_db
def test_runs_end_with_their_campaign() -> None:
    made = draft(run_cron="0 * * * *", ends_at=NOON + 90 * MINUTE)
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    (child,) = open_due(now=NOON + 65 * MINUTE)
    assert open_due(now=NOON + 2 * HOUR) == []
    assert Campaign.objects.get(pk=child).ends_at == NOON + 90 * MINUTE
    assert state(made) == "COMPLETED"


@pytest.mark.django_db
def test_start_is_refused_while_it_waits() -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    with pytest.raises(UnableToOperate, match="waits for its schedule"):
        start_campaign(campaign_id=made.pk, now=NOON, by="olga")


@pytest.mark.django_db(transaction=True)
def test_eight_beats_at_the_same_moment_begin_one_run() -> None:
    made = draft(run_cron="0 * * * *")
    start_campaign(campaign_id=made.pk, now=NOON, by="olga")
    together, begun = Barrier(8), []

    def beat() -> None:
        together.wait()
        begun.extend(open_due(now=NOON + HOUR))
        connections.close_all()

    threads = [Thread(target=beat) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1
    assert (CampaignRun.objects.count(), Campaign.objects.count(), ContactList.objects.count()) == (1, 2, 1)


def test_a_daily_edge_comes_once_on_the_days_on_which_clocks_change() -> None:
    at = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = []
    for _ in range(3):
        edge = next_edge(expression="30 2 * * *", time_zone="Europe/Berlin", after=at)
        assert edge is not None
        found.append(edge)
        at = edge
    assert [f"{edge:%d %H:%M}" for edge in found] == ["25 00:30", "26 01:30", "27 01:30"]
    spring = next_edge(expression="30 2 * * *", time_zone="Europe/Berlin", after=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    expression=st.sampled_from(["0 9 * * *", "*/15 * * * *", "30 2 * * 0", "0 0 1 * *", "15 1-3 * * *"]),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 (hypothesis adds the zone)
    steps=st.lists(st.integers(1, 200), min_size=1, max_size=30),
)
@settings(max_examples=150)
def test_however_time_is_cut_the_same_edges_are_found(
    expression: str, zone: str, start: datetime, steps: list[int]
) -> None:
    """Looking again and again finds each edge once, and the count of the missed ones adds up."""
    begin = start.replace(tzinfo=UTC)
    after, at, seen = begin, begin, 0
    for step in steps:
        at += step * 5 * MINUTE
        found = latest_edge(expression=expression, time_zone=zone, after=after, until=at)
        if found is not None:
            after, seen = found[0], seen + 1 + found[1]
    whole = latest_edge(expression=expression, time_zone=zone, after=begin, until=at)
    assert seen == (0 if whole is None else whole[1] + 1)


@pytest.mark.parametrize("expression", ["", "x", "* * * * *", "*/5 * * * *", "0 9 * *", "0 9 * * * *", "0 0 31 2 *"])
def test_an_expression_that_is_no_good_is_refused(expression: str) -> None:
    assert cron_problems(expression)


def test_a_broken_zone_has_no_edge() -> None:
    assert next_edge(expression="0 9 * * *", time_zone="Nowhere/Else", after=NOON) is None
