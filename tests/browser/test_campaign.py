"""What a campaign manager does on the first day, with mouse and keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, ContactList, Lead
from dialer.models import DID, ProviderAccount
from tests.admin import builders

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]

SAVE = "button[name=_save]"
CONTINUE = "button[name=_continue]"
NEXT = "button[name=_next]"
WITHIN_MS = 8000


def choose(page: Page, field: str, text: str) -> None:
    """Choose ``text`` in a field that searches while one types."""
    box = page.locator(f".field-{field} .select2-selection, .form-row:has(#id_{field}) .select2-selection").first
    box.click()
    page.locator(".select2-search__field:visible").last.fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def test_a_manager_goes_from_an_empty_house_to_a_running_campaign(page: Page, tmp_path: Path) -> None:
    # The account, by its provider's own fields.
    page.goto("/admin/dialer/provideraccount/add/")
    page.fill("[name=name]", "Bots")
    expect(page.locator("[name=voxcore__credentials__api_key]")).to_be_hidden()
    page.select_option("[name=provider]", "voxcore")
    page.fill("[name=base_url]", "https://voxcore.example")
    page.fill("[name=voxcore__credentials__api_key]", "a-key")
    page.fill("[name=voxcore__credentials__push_token]", "a-token")
    page.click(CONTINUE)
    expect(page.locator("#key-map")).to_contain_text("dialer_reference")
    expect(page.locator("body")).not_to_contain_text("a-token")
    account = ProviderAccount.objects.get()
    DID.objects.create(account=account, number="+918011111111", max_live_calls=5)

    # The list, by a file.
    page.goto("/admin/campaigns/contactlist/add/")
    page.fill("[name=name]", "March")
    page.fill("[name=default_region]", "IN")
    page.click(SAVE)
    rows = (
        "phone,name\n" + "".join(f"98100000{number:02d},Person {number}\n" for number in range(20)) + "nonsense,Ravi\n"
    )
    file = tmp_path / "march.csv"
    file.write_text(rows)
    page.set_input_files("#upload input[type=file]", file)
    page.click("#upload button[type=submit]")
    expect(page.locator("[data-tally=good]")).to_have_text("20")
    page.get_by_role("button", name="Upload 20 contacts").click()
    expect(page.locator("#import-result")).to_contain_text("Done", timeout=WITHIN_MS)
    expect(page.locator("#import-result [data-field=accepted]")).to_have_text("20")
    expect(page.locator("#refusals")).to_contain_text("nonsense")
    assert ContactList.objects.get().contacts.count() == 20

    # The campaign, step by step. The one account is chosen by itself, and so is the one action that its provider has.
    page.goto("/admin/campaigns/campaign/add/")
    page.fill("[name=name]", "Renewals")
    page.fill("[name=new-voxcore__VOICE_BOT__bot_id]", "bot-1")
    page.click(NEXT)
    choose(page, "contact_lists", "March")
    page.click(NEXT)
    page.fill("[name=time_zone]", "Asia/Kolkata")
    page.fill("[name=windows-0-opens]", "00:00")
    page.fill("[name=windows-0-closes]", "00:00")
    expect(page.locator(".d-badge")).to_contain_text("Open")
    page.click(NEXT)
    expect(page.get_by_label("+918011111111")).to_be_checked()
    page.click(NEXT)
    expect(page.locator("#check")).to_contain_text("Nothing is missing")
    expect(page.locator("#preview")).to_contain_text("Person 0")
    page.get_by_role("link", name="All on one page").click()
    expect(page.locator("#live-state")).to_have_text("Draft")
    assert Campaign.objects.get().dids.count() == 1

    # Start, and pause.
    page.get_by_role("link", name="Start").click()
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "GREEN")
    page.get_by_role("button", name="Start calling 20 people").click()
    expect(page.locator("#live-state")).to_have_text("Running")
    expect(page.locator("#live-now [data-figure=done]")).to_have_text("0 of 20")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("body")).to_contain_text("Paused. No call is in flight.")
    assert Campaign.objects.get().state == "PAUSED"


def test_the_first_tab_moves_while_the_page_stays(page: Page) -> None:
    campaign = builders.campaign(builders.account())
    called = builders.lead(campaign, "+919900000001")
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/live/")
    page.get_by_role("link", name="Start", exact=True).wait_for()
    builders.attempt(called, outcome="BUSY")
    Lead.objects.filter(pk=called.pk).update(state="COMPLETED", ended_at=timezone.now())
    Campaign.objects.filter(pk=campaign.pk).update(state="RUNNING")
    now = page.locator("#live-now")
    expect(now.locator("[data-figure=done]")).to_have_text("1 of 1", timeout=WITHIN_MS)
    expect(now.locator("[data-legend=attempts]")).to_have_text(re.compile(r"Busy\s*1"))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("link", name="Start", exact=True)).to_be_hidden()


def test_stopping_asks_before_it_stops(page: Page) -> None:
    campaign = builders.campaign(builders.account(), state="RUNNING")
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/live/")
    page.get_by_role("link", name="Stop").click()
    page.fill("[name=reason]", "wrong list")
    page.get_by_role("button", name="Stop for good").click()
    expect(page.locator("#live-reason")).to_have_text("Stopped by olga: wrong list")


def test_every_page_of_a_full_house_shows_without_an_error(page: Page) -> None:
    builders.house(3)
    for path in (
        "dialer/provideraccount",
        "dialer/did",
        "dialer/agent",
        "campaigns/campaign",
        "campaigns/calltemplate",
        "campaigns/contactlist",
        "campaigns/contact",
        "campaigns/contactimport",
        "campaigns/suppressionlist",
        "campaigns/suppressednumber",
        "campaigns/lead",
        "campaigns/attempt",
        "webhooks/providerevent",
    ):
        page.goto(f"/admin/{path}/")
        page.locator("#result_list tbody a").first.click()
        expect(page.locator("#content-main")).to_be_visible()
        assert re.search("/(change|live|person)/", page.url)
    page.goto("/admin/dialer/switchboard/")
    expect(page.locator("#switchboard")).to_contain_text("Dialing allowed")
