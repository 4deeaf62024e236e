"""What is at the provider, with mouse and keyboard: synced, watched, and picked by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from campaigns.models import CallTemplate
from dialer.accounts.sync.runs import run_waiting_sync
from dialer.sandbox.client import SandboxClient
from tests.browser.test_campaign import CONTINUE
from tests.dialer.accounts.builders import account_at
from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["carrier_process", "sandbox"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]

FLOW = ".form-row:has(#id_ivrsolutions__PLAY_FLOW__flow_id), .field-ivrsolutions__PLAY_FLOW__flow_id"


def test_a_sync_is_watched_and_a_flow_is_picked_by_name_or_typed(page: Page, sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    page.goto(f"/admin/dialer/provideraccount/{account.pk}/change/")
    card = page.locator("#account-sync")
    expect(card).to_contain_text("Nothing was read yet")
    card.get_by_role("button", name="Sync now").click()
    expect(card).to_contain_text("0 of 11 lists read")
    with ThreadPoolExecutor(1) as worker:
        worker.submit(sync, account.pk).result()
    expect(card).to_contain_text("items listed")
    expect(card).to_contain_text("Last synced")

    page.goto("/admin/campaigns/calltemplate/add/")
    page.fill("[name=name]", "Welcome")
    page.select_option("[name=provider]", "ivrsolutions")
    page.select_option("[name=action]", "PLAY_FLOW")
    pick(page, "Welcome IVR", "Welcome IVR (1001)")
    page.click(CONTINUE)
    expect(page.locator(FLOW).first).to_contain_text("Welcome IVR (1001)")
    assert CallTemplate.objects.get().options == {"flow_id": "1001"}
    pick(page, "7777", "7777")
    page.click(CONTINUE)
    expect(page.locator("body")).to_contain_text("Call flow 7777 is not among what was read")
    assert CallTemplate.objects.get().options == {"flow_id": "7777"}


def sync(account_id: int) -> None:
    """Do a worker's part, in a thread of its own: the browser's thread has a loop that runs already."""
    try:
        run_waiting_sync(account_id=account_id, now=datetime.now(UTC))
    finally:
        connections.close_all()


def pick(page: Page, typed: str, offered: str) -> None:
    """Type into the search of the call flow and choose what is offered."""
    page.locator(FLOW).first.locator(".select2-selection").click()
    page.locator(".select2-search__field:visible").last.fill(typed)
    page.locator(".select2-results__option", has_text=offered).first.click()
