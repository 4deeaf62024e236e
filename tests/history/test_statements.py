"""Nothing that runs by the clock, in a turn, in the inbox or on a page goes through the past, however long it is.

Every statement of every such scene runs on a database with a year of calls behind it, and PostgreSQL says itself what
each has read. ``HISTORY=1000000`` makes the past longer than the one that every run of the suite has.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as configured
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from campaigns import tasks as campaign_tasks
from campaigns import worker_chores
from campaigns.explaining.limit_spans import note_limits
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.missing_results import note_silence, tell_of_missing_results
from campaigns.models import Attempt, Campaign, Lead
from campaigns.placing import engine as engines
from campaigns.rehearsing.staging import Line, stage_account
from dialer.celery import app
from dialer.models import ProviderAccount
from dialer.retention.runs import retain
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.rehearsals import REHEARSALS
from tests.api.conftest import API, with_token
from tests.campaigns.world import campaign, contact_list, enrol_campaign, numbers
from tests.doubles.asked import leaves
from tests.history.plans import watched
from tests.history.rows import PROVIDERS, make_past
from tests.history.surroundings import Past
from tests.history.tables import GROWING
from webhooks import tasks as webhook_tasks

ATTEMPTS = int(os.environ.get("HISTORY", "20000"))
#: Statements that may read more, by a part of each that no other has, and why.
ALLOWED: dict[str, str] = {
    "AS is_failure FROM (SELECT": "the brake on failures: the latest 2,000 calls of a campaign",
    "AS is_abandoned FROM (SELECT": "the brake on abandoned calls: the latest 2,000 calls of a campaign",
    "WITH latest AS ( SELECT c.id AS campaign_id": "the brake on lost results: the latest 2,000 calls of a campaign",
    "AS most_of_day": "a look at DIDs that may be at a cap: their calls of the last 24 hours, as many as the cap",
    "l.campaign_id + 0 =": "before a campaign completes, once: whether one of its contacts is no lead of it",
    'COUNT(U0."id") AS "live"': "what is live, for each line of a page",
    "WITH kept AS ( SELECT campaign_id, counted": "the check of kept counts, once a night: of each campaign under way",
    "SELECT count(*), min(id), max(id), ARRAY(": "enrolling: the contacts of one piece, 20,000 at most",
    "DELETE FROM campaigns_countchange": "folding: 5,000 changes at most, and a row of each count that they change",
    'FROM "campaigns_hostedswitch" WHERE': "a dialer of the provider's own: its switchings, two a day",
    'FROM "campaigns_hosteddialer"': "the list of such dialers: sums up their batches, one for hundreds of numbers",
    'AS "rows_accepted"': "the list of lists: sums up the uploads of each, one row for a file",
    'AS "contacts_now"': "lists over REST: says how many contacts each has now, from an index",
    'AS "numbers_now"': "suppression lists over REST: says how many numbers each has now, from an index",
    '"campaigns_feedentry"."notice_id"': "a page of the feed: notices, while they are few, are read whole and joined",
    "ORDER BY id DESC LIMIT 2000) latest": "what goes wrong in a campaign: its latest 2,000 calls",
    "LIMIT 1 OFFSET 10000": "lists that may have just grown: where their nearest 10,000 rows end, from an index",
    "(state = 'RESERVED' AND send_at < now()": "signs of work: go through the live calls, which are few",
    "AND a.is_burned IS NOT FALSE LIMIT": "the DIDs of a campaign: 2,000 calls of a day of each",
}
#: How long calls are waited for; most end within seconds.
PATIENCE_SECONDS = 40.0
#: Leads to call: of the campaign that has most of the past, and of each account beside it.
MANY, FEW = 20, 5


@contextmanager
def _worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be a worker for the time of a block: the engine of this process, with all its chores."""
    made = [webhook_tasks.inbox, webhook_tasks.polls, webhook_tasks.pulls, webhook_tasks.hosted_logs]
    kept = [worker_chores.chores, *made, webhook_tasks.teller, webhook_tasks.telling]
    monkeypatch.setattr(engines, "_engine", None)
    monkeypatch.setattr(webhook_tasks, "_readers", ThreadPoolExecutor(2))
    for name in ("_dialers", "_writers"):
        monkeypatch.setattr(getattr(worker_chores, name), "_pool", ThreadPoolExecutor(2))
    for each in kept:
        each.cache_clear()
    engine = engines.engine()
    for tasks in (worker_chores, webhook_tasks):
        for name, chore in tasks.chores().items():
            engine.every_second(chore, sign=tasks.signs().get(name), by_sign_alone=name in tasks.BY_SIGN_ALONE)
    try:
        yield
    finally:
        webhook_tasks.teller().stop()
        engine.stop()
        pools: list[Any] = [worker_chores.chores()["enrol"], worker_chores._dialers, worker_chores._writers]
        for pool in (webhook_tasks._readers, *(each._pool for each in pools)):
            pool.shutdown(cancel_futures=True)
        for each in kept:
            each.cache_clear()
        _end_other_sessions()


def _end_other_sessions() -> None:
    """End the sessions of threads that are gone: rings of objects hold some of them a while longer."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )


@pytest.mark.django_db(transaction=True)
def test_no_statement_reads_the_past(
    sandbox: SandboxClient, live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    past = make_past(ATTEMPTS, accounts=[_at_carrier(sandbox, slug) for slug in PROVIDERS], to_call=MANY)
    Lead.objects.filter(state="PENDING").update(next_attempt_at=datetime.now(UTC) + timedelta(days=1))
    found: dict[tuple[str, str], str] = {}
    for name, scene in (("idle", _idle), ("calls", _calls), ("pages", _pages), ("retention", _retention)):
        with watched(growing=GROWING) as plans, _worker(monkeypatch):
            scene(past)
        found |= {(name, text): problem for text, problem in plans.problems(allowed=ALLOWED).items()}
    assert found == {}, "\n".join(f"{name}: {problem}: {text[:400]}" for (name, text), problem in found.items())


def _at_carrier(sandbox: SandboxClient, slug: str) -> ProviderAccount:
    """Return an account at the carrier whose calls are short; some of its pushes are lost, so that others tell."""
    played = {
        "suffixes": False,
        "ring_seconds": [0, 0],
        "talk_seconds": [20, 30],
        "outcomes": {"ANSWERED": 0.7, "NO_ANSWER": 0.3},
        # What has no second source is told by pushes alone.
        "faults": {"push_lost": 0.5 if slug != "voxcore" else 0},
        **({"templates": ["reminder"]} if slug == "ivrsolutions" else {}),
    }
    stage = stage_account(
        sandbox,
        provider=slug,
        name=f"{slug} of a year",
        lines=[Line(number=f"+9180{PROVIDERS.index(slug):08}", limit=100)],
        agents=10,
        carrier_settings=played,
        account_fields={"poll_after_seconds": 1, "max_call_seconds": 30},
    )
    return stage.account


def _retention(past: Past) -> None:
    """Remove what is old, a piece of the past: the last scene, as the others read it."""
    days = dict.fromkeys(configured.DIALER_KEEP_DAYS, 300)
    # Calls go once the feed tells of none that is so old.
    days |= {"feed": 100, "deliveries": 100, "calls": 150}
    with TemporaryDirectory() as folder, override_settings(DIALER_KEEP_DAYS=days, DIALER_ARCHIVE_FOLDER=folder):
        report = retain(now=datetime.now(UTC))
    removed = {one.kind: one.removed for one in report.kinds}
    assert min(removed[kind] for kind in ("calls", "feed", "deliveries", "applied-events", "decisions")) > 0, removed


def _idle(past: Past) -> None:
    """Beat and the chores of a worker while nobody is to be called, though a campaign runs."""
    for chore in [*worker_chores.chores().values(), *_inbox()]:
        chore._work()
    now = datetime.now(UTC)
    watch_campaigns(now=now)
    note_limits(now=now)
    note_silence(now=now)
    tell_of_missing_results(now=now)
    app.loader.import_default_modules()
    for entry in configured.CELERY_BEAT_SCHEDULE.values():
        app.tasks[str(entry["task"])].run()


def _inbox() -> Sequence[Any]:
    made = (webhook_tasks.inbox, webhook_tasks.polls, webhook_tasks.pulls, webhook_tasks.hosted_logs)
    return [each() for each in (*made, webhook_tasks.telling)]


def _calls(past: Past) -> None:
    """Claim, place, settle, apply, ask and read logs: leads of every provider are called, its own dialer included."""
    Lead.objects.filter(state="PENDING").update(next_attempt_at=datetime.now(UTC))
    made = [_called(owner) for owner in past.accounts]
    hosted = Campaign.objects.get(pk=past.hosted.campaign_id)
    hosted.contact_lists.add(contact_list(numbers(FEW)))
    Campaign.objects.filter(pk=hosted.pk).update(state="RUNNING", state_changed_at=datetime.now(UTC))
    enrol_campaign(campaign_id=hosted.pk, now=datetime.now(UTC))
    ids = [past.running.pk, hosted.pk, *(one.pk for one in made)]
    waiting = list(Lead.objects.filter(campaign__in=ids, state="PENDING").values_list("pk", flat=True))
    uncalled = Lead.objects.filter(pk__in=waiting, last_outcome="")
    live = Attempt.objects.filter(ended_at=None)
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and (uncalled.exists() or live.exists()):
        campaign_tasks.look.run()
        time.sleep(0.2)
    ended = Attempt.objects.filter(lead__in=waiting, is_burned=True)
    assert {"PUSH", "POLL", "LOG"} <= set(ended.values_list("outcome_source", flat=True))


def _called(owner: ProviderAccount) -> Campaign:
    """Return a campaign that calls a few people by an account."""
    made = campaign(owner, leads=FEW, dids=list(owner.dids.order_by("id")[:1]), agents=list(owner.agents.all()[:5]))
    made.template.options = dict(REHEARSALS[owner.provider].options)
    made.template.save()
    return made


#: Of a part of a page that renews itself: its own statements, and the two that say who asks.
MOST_STATEMENTS = 4 + 2


def _refreshes(client: Client, running: int) -> None:
    """What pages that somebody watches ask every few seconds, of a campaign with half of the past."""
    parts = [reverse(f"admin:campaigns_home_{part}") for part in ("now", "attention", "chart")]
    parts += [reverse(f"admin:campaigns_campaign_live_{part}", args=[running]) for part in ("now", "lately", "chart")]
    parts.append(f"{reverse('admin:campaigns_campaign_rows')}?ids={running}")
    for part in parts:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(part).status_code == 200, part
        assert len(asked) <= MOST_STATEMENTS, part


def _pages(past: Past) -> None:
    """The first pages of all lists, home, the tabs of a campaign, and what programs ask again and again."""
    user = User.objects.create_superuser("olga")
    client, api = Client(), with_token(user)
    client.force_login(user)
    running = past.running.pk
    pages = [f"{one._meta.app_label}_{one._meta.model_name}_changelist" for one in admin.site._registry]
    addresses = [reverse(f"admin:{name}") for name in ("index", *pages)]
    addresses.append(reverse("admin:campaigns_campaign_change", args=[running]))
    tabs = ("live", "live_now", "live_lately", "live_chart", "why", "results", "set_up")
    addresses += [reverse(f"admin:campaigns_campaign_{tab}", args=[running]) for tab in tabs]
    addresses += [f"/admin/campaigns/{rows}/?campaign__id__exact={running}" for rows in ("lead", "attempt")]
    addresses += [reverse(f"admin:campaigns_home_{part}") for part in ("now", "attention", "chart")]
    addresses.append(reverse("admin:campaigns_campaign_history", args=[running]))
    somebody = Lead.objects.filter(campaign=running, last_outcome__gt="").latest("id")
    number = somebody.number
    sought = (
        number,
        number[-4:],
        number[-7:],
        "contact",
        "asha",
        f"#{past.attempts}",
        "00000000-0000-4000-8000-000000000000",
    )
    addresses += [f"/admin/find/?{urlencode({'q': text})}" for text in sought]
    addresses.append(reverse("admin:campaigns_contact_person", args=[somebody.contact_id]))
    addresses.append(reverse("admin:campaigns_lead_change", args=[somebody.pk]))
    addresses.append(reverse("admin:campaigns_attempt_change", args=[somebody.attempts.latest("id").pk]))
    addresses.append(reverse("admin:campaigns_hosteddialer_change", args=[past.hosted.pk]))
    for address in addresses:
        assert client.get(address).status_code == 200, address
    _refreshes(client, running)
    with override_settings(DIALER_METRICS_TOKEN="of-the-past"):
        assert Client(headers={"Authorization": "Bearer of-the-past"}).get("/metrics").status_code == 200
    lists = [path.replace("^", "/").replace("$", "") for path, _ in leaves() if re.fullmatch(r"api/v1/\^[^(]*\$", path)]
    asked = [f"results/?after={past.attempts - 10}", "health/", "ready/", "switchboard/"]
    asked += [f"campaigns/{running}/{what}/" for what in ("progress", "explanation", "statistics")]
    for address in ["/" + path.replace("//", "/") for path in lists] + [f"{API}/{one}" for one in asked]:
        assert api.get(address).status_code in (200, 400, 405), address
