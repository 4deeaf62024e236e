"""Two recurring campaigns on a virtual clock, with a beat that is doubled, late, and away for an hour."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.lifecycle.operations import start_campaign
from campaigns.lifecycle.schedule import open_due
from campaigns.models import Campaign, CampaignRun
from tests.campaigns.world import account, campaign
from tests.rules.tally import TRIED, is_whole

BEGINS = datetime(2026, 3, 28, 18, tzinfo=UTC)


@pytest.mark.django_db
def test_a_beat_that_is_doubled_and_stops_for_an_hour_begins_each_run_once() -> None:
    owner = account()
    hourly = campaign(owner, leads=1, state="DRAFT", run_cron="5 * * * *", time_zone="Asia/Kolkata")
    # 01:30 does not happen in London on the night on which the clocks change.
    daily = campaign(owner, leads=1, state="DRAFT", run_cron="30 7 * * *", time_zone="Europe/London")
    for made in (hourly, daily):
        made.leads.all().delete()
        start_campaign(campaign_id=made.pk, now=BEGINS, by="olga")
    hours = 60 if is_whole() else 16
    minutes = (minute for minute in range(hours * 60) if minute % 7 == 0 and not 600 <= minute < 660)
    for minute in minutes:
        for _ in range(2):
            open_due(now=BEGINS + timedelta(minutes=minute))
    ends = BEGINS + timedelta(minutes=max(m for m in range(hours * 60) if m % 7 == 0))
    kolkata, london = zoneinfo.ZoneInfo("Asia/Kolkata"), zoneinfo.ZoneInfo("Europe/London")
    every_minute = [BEGINS + timedelta(minutes=m) for m in range(1, int((ends - BEGINS).total_seconds() // 60) + 1)]
    expected = {
        hourly.pk: [at for at in every_minute if at.astimezone(kolkata).minute == 5],
        daily.pk: [at for at in every_minute if f"{at.astimezone(london):%H:%M}" == "07:30"],
    }
    for pk, edges in expected.items():
        runs = CampaignRun.objects.filter(campaign_id=pk).order_by("edge_at")
        assert [run.edge_at for run in runs] == edges
        assert Campaign.objects.filter(parent_id=pk).count() == len(edges)
        assert all(run.child_id and not run.problem for run in runs)
        TRIED["runs"] += len(edges)
