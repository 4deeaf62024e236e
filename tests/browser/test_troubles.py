"""Troubles that are staged while somebody looks at home: each is named within seconds, and gone once it is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Attempt, Campaign, Lead
from dialer.models import AccountGate, Installation, ResultCount
from tests.admin import scenes

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]
#: From the trouble to its name on home, and from its end to the name's.
WITHIN_MS = 5_000


@contextmanager
def changed(rows: Any, **values: Any) -> Iterator[None]:
    """Give rows other values, and their own again."""
    before = list(rows.values("pk", *values))
    rows.update(**values)
    yield
    for one in before:
        rows.model.objects.filter(pk=one.pop("pk")).update(**one)


def wrong_key(runs: Campaign) -> AbstractContextManager[None]:
    reason = "The provider refused attempt #12: wrong key"
    return changed(Campaign.objects.filter(pk=runs.pk), state="PAUSED", state_reason=reason)


def fleet_full(runs: Campaign) -> AbstractContextManager[None]:
    gate = AccountGate.objects.filter(account=runs.account)
    return changed(gate, fleet_available=0, fleet_maximum=10, fleet_measured_at=timezone.now())


def fleet_stale(runs: Campaign) -> AbstractContextManager[None]:
    gate = AccountGate.objects.filter(account=runs.account)
    now = timezone.now()
    return changed(gate, fleet_problem="HTTP 500", fleet_failing_since=now, fleet_failed_at=now)


@contextmanager
def counted(runs: Campaign, kind: str) -> Iterator[None]:
    """Have results of the account fail in this way."""
    now = timezone.now()
    row = ResultCount.objects.create(account=runs.account, kind=kind, count=33, since_at=now, last_at=now)
    yield
    row.delete()


def pushes_silent(runs: Campaign) -> AbstractContextManager[None]:
    return counted(runs, "SILENT")


def pushes_refused(runs: Campaign) -> AbstractContextManager[None]:
    return counted(runs, "WRONG_SIGNATURE")


def template_waits(runs: Campaign) -> AbstractContextManager[None]:
    return changed(type(runs.template).objects.filter(pk=runs.template_id), approval="WAITING")


def did_rests(runs: Campaign) -> AbstractContextManager[None]:
    return changed(runs.dids.model.objects.filter(campaigns=runs), resting_until=timezone.now() + timedelta(hours=1))


@contextmanager
def without_news(runs: Campaign) -> Iterator[None]:
    scenes.ringing(runs, first=900, quantity=2, since=timedelta(minutes=5))
    calls = Attempt.objects.filter(number__startswith="+9198000009")
    leads = list(calls.values_list("lead", flat=True))
    yield
    calls.delete()
    Lead.objects.filter(pk__in=leads).delete()


def worker_gone(runs: Campaign) -> AbstractContextManager[None]:
    long_ago = timezone.now() - timedelta(minutes=3)
    return changed(Installation.objects.all(), seen_at=long_ago, healthy_at=long_ago)


Stage = Callable[[Campaign], AbstractContextManager[None]]
#: How each is staged, as what home names it, and what it says.
STAGED: tuple[tuple[Stage, str, str], ...] = (
    (wrong_key, "paused-itself", "Renewals of March paused itself: The provider refused attempt #12: wrong key"),
    (fleet_full, "fleet", "is full: none of its 10 lines is free"),
    (fleet_stale, "fleet", "does not tell its capacity, so nothing is called: HTTP 500"),
    (pushes_silent, "results-silent", "No push has come for 33 calls that have ended"),
    (pushes_refused, "results-wrong_signature", "33 pushes were refused, as their signature or token is wrong"),
    (template_waits, "template-not-approved", "Renewal bot waits for its approval"),
    (did_rests, "did-resting", "rests until"),
    (without_news, "without-news", "2 calls are without news, and hold lines until"),
    (worker_gone, "no-worker", "Nobody is called: no worker has been at work since"),
)


def test_each_trouble_is_named_in_sight_within_seconds_and_gone_once_it_is_mended(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    # Those that ring have news for as long as this takes.
    Attempt.objects.filter(campaign=runs, ended_at=None).update(placing_at=timezone.now() + timedelta(minutes=10))
    page.goto("/admin/")
    for stage, kind, said in STAGED:
        named = page.locator(f"[data-trouble={kind}]", has_text=said)
        expect(named).to_have_count(0, timeout=WITHIN_MS)
        with stage(runs):
            expect(named).to_be_in_viewport(timeout=WITHIN_MS)
            expect(named.locator("a")).to_be_visible()
        expect(named).to_have_count(0, timeout=WITHIN_MS)


def test_that_nothing_is_due_by_the_hours_is_said_on_the_card(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    page.goto("/admin/")
    card = page.locator(f"#campaign-{runs.pk}")
    expect(card).to_contain_text("Due now")
    today = timezone.now().date()
    days = [str(today + timedelta(days=nth)) for nth in (-1, 0, 1)]
    with changed(Campaign.objects.filter(pk=runs.pk), blackout_dates=days):
        expect(card).to_contain_text("Opens", timeout=WITHIN_MS)
