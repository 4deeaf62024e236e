"""Scheduled jobs: a manager chooses a job, what it is about and when; the beat gets what it needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from campaigns.models import ContactList, ImportSource
from tests.admin import builders
from tests.admin.posted import problems

ADD = "admin:django_celery_beat_periodictask_add"
LIST = "admin:django_celery_beat_periodictask_changelist"
NIGHTLY = {"cron": "0 2 * * 1-5", "time_zone": "Asia/Kolkata", "enabled": "on"}


def source(name: str = "CRM, nightly") -> ImportSource:
    march = ContactList.objects.create(name="March", default_region="IN")
    return ImportSource.objects.create(name=name, contact_list=march, location="https://crm.example/leads.csv")


def test_an_import_is_put_on_a_schedule_and_shown_as_it_was_entered(owner: Client) -> None:
    source()
    entered = {"name": "Nightly", "task": "campaigns.import_source", "source": "CRM, nightly", **NIGHTLY}
    assert owner.post(reverse(ADD), entered).status_code == 302
    entry = PeriodicTask.objects.get(task="campaigns.import_source")
    assert json.loads(entry.kwargs) == {"source": "CRM, nightly"}
    cron = entry.crontab
    assert (cron.minute, cron.hour, cron.day_of_week, str(cron.timezone)) == ("0", "2", "1-5", "Asia/Kolkata")
    page = owner.get(reverse("admin:django_celery_beat_periodictask_change", args=[entry.pk]))
    form = page.context["adminform"].form
    shown = {name: form[name].value() for name in ("source", "cron", "time_zone")}
    assert shown == {"source": "CRM, nightly", "cron": "0 2 * * 1-5", "time_zone": "Asia/Kolkata"}
    listed = owner.get(reverse(LIST)).content.decode()
    assert "Fetch and import a source" in listed
    assert "0 2 * * 1-5 Asia/Kolkata" in listed


def test_an_export_has_its_campaign_hours_and_form(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    entered = {"name": "Morning", "task": "campaigns.export_results", "campaign": campaign.name, "hours": "12"}
    assert owner.post(reverse(ADD), {**entered, "form": "jsonl", **NIGHTLY}).status_code == 302
    entry = PeriodicTask.objects.get(task="campaigns.export_results")
    assert json.loads(entry.kwargs) == {"campaign": campaign.name, "hours": 12.0, "form": "jsonl"}


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ({"task": "campaigns.sync_accounts"}, {}),
        ({"task": "campaigns.sync_accounts", "account": "Bots"}, {"account": "Bots"}),
        ({"task": "webhooks.pull_logs", "account": "Bots", "hours": "48"}, {"account": "Bots", "hours": 48.0}),
    ],
)
def test_syncs_and_logs_are_of_an_account(owner: Client, entered: dict[str, str], stored: dict[str, Any]) -> None:
    builders.account()
    assert owner.post(reverse(ADD), {"name": "At night", **entered, **NIGHTLY}).status_code == 302
    assert json.loads(PeriodicTask.objects.get(name="At night").kwargs) == stored


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"source": ""}, "source", "Choose one"),
        ({"task": "webhooks.pull_logs"}, "account", "Choose one"),
        ({"cron": ""}, "cron", "Say when it runs"),
        ({"cron": "at noon"}, "cron", "five fields"),
        ({"cron": "0 25 * * *"}, "cron", "The hour '25'"),
        # Campaigns take these; beat would pass the entry over, and nobody be told.
        ({"cron": "0 2 L * *"}, "cron", "cannot run by '0 2 L * *'"),
        ({"cron": "0 2 * * 7"}, "cron", "0 for Sunday"),
        ({"cron": "0 2 * * MON#1"}, "cron", "cannot run by"),
        ({"cron": "0 2 13 * 5"}, "cron", "write * for one of the two"),
        ({"task": "campaigns.reconcile"}, "task", "not one of the available choices"),
    ],
)
def test_what_a_job_lacks_is_said_at_its_input(owner: Client, changes: dict[str, str], field: str, words: str) -> None:
    source()
    entered = {"name": "Nightly", "task": "campaigns.import_source", "source": "CRM, nightly", **NIGHTLY, **changes}
    assert words in problems(owner.post(reverse(ADD), entered))[field]
    assert not CrontabSchedule.objects.filter(day_of_week="1-5").exists()


def test_the_bells_of_the_house_are_not_shown_and_an_interval_is_kept(owner: Client) -> None:
    every = IntervalSchedule.objects.create(every=15, period="minutes")
    PeriodicTask.objects.create(name="ring-every-account", task="campaigns.ring_due_accounts", interval=every)
    source()
    given = {"task": "campaigns.import_source", "kwargs": '{"source": "CRM, nightly"}', "interval": every}
    entry = PeriodicTask.objects.create(name="Often", **given)
    listed = owner.get(reverse(LIST)).content.decode()
    assert "ring-every-account" not in listed
    assert "every 15 minutes" in listed
    entered = {"name": "Often", "task": entry.task, "source": "CRM, nightly", "cron": "", "enabled": "on"}
    reply = owner.post(reverse("admin:django_celery_beat_periodictask_change", args=[entry.pk]), entered)
    assert reply.status_code == 302
    entry.refresh_from_db()
    assert (entry.interval, entry.crontab) == (every, None)
