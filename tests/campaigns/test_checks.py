"""An operator is told that beat has gone while campaigns run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from campaigns.checks import judge_beat
from campaigns.lifecycle.beat import BELL
from campaigns.models import Campaign, CampaignState
from dialer.checks import findings, forget_findings
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db


def test_the_bell_is_the_one_that_beat_rings() -> None:
    assert BELL in configured.CELERY_BEAT_SCHEDULE


def beat_seen(at: datetime | None) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    PeriodicTask.objects.update_or_create(name=BELL, defaults={"interval": every, "last_run_at": at})


def running_campaign() -> Campaign:
    made = campaign(account(), leads=1)
    Campaign.objects.filter(pk=made.pk).update(state=CampaignState.RUNNING)
    return made


@pytest.mark.parametrize(("seconds", "is_told"), [(None, True), (3600, True), (61, True), (59, False), (0, False)])
def test_a_silent_beat_is_told_while_campaigns_run(seconds: int | None, is_told: bool) -> None:
    now = datetime.now(UTC)
    beat_seen(now - timedelta(seconds=seconds) if seconds is not None else None)
    assert judge_beat(now=now) == []
    running_campaign()
    assert [each.id for each in judge_beat(now=now)] == (["campaigns.W001"] if is_told else [])


def test_a_beat_that_never_was_is_told() -> None:
    running_campaign()
    assert "No beat has been seen ever" in judge_beat(now=datetime.now(UTC))[0].msg


def test_the_check_runs_with_the_others() -> None:
    running_campaign()
    assert [each.id for each in findings()] == ["campaigns.W001"]


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    forget_findings()
    yield
    forget_findings()


def test_the_first_page_tells_superusers_and_no_others(nothing_remembered: None, settings: Settings) -> None:
    running_campaign()
    users = get_user_model().objects
    part = reverse("admin:campaigns_home_findings")
    for name, is_superuser in (("root", True), ("staff", False)):
        user = users.create_user(name, password="x", is_staff=True, is_superuser=is_superuser)
        client = Client()
        client.force_login(user)
        assert (part in client.get("/admin/").content.decode()) is is_superuser
        told = client.get(part)
        assert told.status_code == (200 if is_superuser else 403)
        assert ("campaigns.W001" in told.content.decode()) is is_superuser
        assert ("docker compose up -d beat" in told.content.decode()) is is_superuser
