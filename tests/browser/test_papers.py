"""Pages about what was called: the report for a client on screen and paper, DID health, and the reader's zone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.admin.tabs import address_of_tab
from campaigns.models import Attempt
from tests.admin import builders, scenes
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser


def test_the_report_for_a_client(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    ended = Attempt.objects.filter(campaign=runs, is_burned=True)
    ended.update(nth=1, called_on=date(2026, 3, 2))
    ended.filter(outcome="ANSWERED").update(disposition="interested", called_on=date(2026, 3, 3))
    page.goto(address_of_tab(runs.pk, "results"))
    page.get_by_role("link", name="Report for the client").click()
    page.get_by_label("For", exact=True).fill("Acme")
    page.get_by_text("What is a success").click()
    page.get_by_label("interested").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("header")).to_contain_text("Report for Acme")
    expect(page.locator("#by-day")).to_contain_text("Tue 03 Mar 2026")
    looked_at(page, "client-report")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    expect(page.locator("#figures")).to_be_visible()


def test_did_health(page: Page) -> None:
    made = builders.campaign(builders.account(), number=1)
    now = timezone.now()
    for nth in range(140):
        # The latest hundred are answered much less often than those before them.
        answered = nth % (10 if nth < 100 else 2) == 0
        call = builders.attempt(
            builders.lead(made, f"+9199{nth:08}", state="COMPLETED", ended_at=now),
            outcome="ANSWERED" if answered else "NO_ANSWER",
            called_on=(now - timedelta(days=nth // 50)).date(),
        )
        Attempt.objects.filter(pk=call.pk).update(reserved_at=now - timedelta(hours=nth // 2))
    page.goto("/admin/campaigns/campaign/did-health/")
    expect(page.locator("[data-health=SPAM]")).to_be_visible()
    looked_at(page, "did-health")
    page.get_by_role("link", name=made.dids.get().number).click()
    expect(page.locator("[data-sign=fallen]")).to_contain_text("10 % were answered")
    looked_at(page, "did-health-of-one")


def test_a_zone_of_ones_own(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    page.goto("/admin/zone/")
    looked_at(page, "own-zone")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Your time zone").fill("Asia/Kolkata")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#home-now")).to_contain_text("IST")
    page.goto(address_of_tab(runs.pk, "live"))
    expect(page.locator("#last-calls")).to_contain_text("IST (")
    looked_at(page, "live-by-the-readers-clock")
