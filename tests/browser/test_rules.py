"""The week grid, the retry table and the caps, by keyboard alone; what is saved is read by REST."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from campaigns.models import RulesProfile
from tests.admin import builders
from tests.api.conftest import with_token
from tests.browser.test_day import tab_to

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]

SAVE = "button[name=_next]"


def test_hours_retries_and_caps_are_entered_by_keyboard_alone_and_read_by_rest(page: Page) -> None:
    campaign = builders.campaign(builders.account())
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/steps/when/")
    badge = page.locator(".d-badge")
    expect(badge).to_contain_text("Open")
    page.locator("[name=time_zone]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Asia/Kolkata")
    tab_to(page, "Remove these hours")
    page.keyboard.press("Enter")
    expect(badge).to_have_text("Not known")
    # The days from Monday to Friday are ticked in a new row; from there the times are two Tabs of the last day away.
    tab_to(page, "Add hours")
    page.keyboard.press("Enter")
    row = page.locator("[data-rows=windows] [data-row]")
    row.locator("[name$=-opens]").focus()
    page.keyboard.type("0900AM")
    row.locator("[name$=-closes]").focus()
    page.keyboard.type("1230PM")
    tab_to(page, "Copy these hours")
    page.keyboard.press("Enter")
    expect(row).to_have_count(2)
    row.nth(1).locator("[name$=-opens]").focus()
    page.keyboard.type("0200PM")
    row.nth(1).locator("[name$=-closes]").focus()
    page.keyboard.type("0600PM")
    expect(page.locator(".d-week-table")).to_contain_text("09:00–12:30, 14:00–18:00")
    page.locator(SAVE).press("Enter")

    page.locator("[data-rows-preset]").focus()
    page.keyboard.type("Gentle")
    expect(page.get_by_label("Nobody answered: call again after")).to_have_value("4 h, 1 d")
    expect(page.get_by_text("nothing is saved yet")).to_be_visible()
    assert campaign.retry_rules == {"NO_ANSWER": 3600, "BUSY": 900, "FAILED": 1800, "MACHINE": 7200}
    tab_to(page, "Add a disposition")
    page.keyboard.press("Enter")
    page.keyboard.type("voicemail")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    tab_to(page, "Add a cap")
    page.keyboard.press("Enter")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("24")
    page.locator(SAVE).press("Enter")
    # What is wrong is said beside its row, and all that was typed is there.
    expect(page.locator(".d-row-problems")).to_contain_text("“1” says no unit")
    expect(page.get_by_label("Calls", exact=True)).to_have_value("3")
    page.get_by_label("Disposition: call again after").fill("1 d")
    page.locator(SAVE).press("Enter")
    expect(page.locator("#check")).to_be_visible()

    api = with_token(User.objects.get(username="olga"))
    found = api.get(f"/api/v1/campaigns/{campaign.pk}/").json()
    assert [(one["days"], one["opens"], one["closes"]) for one in found["windows"]] == [
        ("12345", "09:00:00", "12:30:00"),
        ("12345", "14:00:00", "18:00:00"),
    ]
    assert found["retry_rules"] == {
        "NO_ANSWER": {"delays": [14400, 86400], "most": 2, "other_time": True},
        "BUSY": {"delays": [3600], "most": 1},
        "FAILED": {"delays": [3600], "most": 1},
        "disposition:voicemail": 86400,
    }
    assert found["caps"] == [{"calls": 3, "hours": 24}]


def test_the_part_of_an_account_comes_when_it_is_chosen_and_what_was_typed_stays(page: Page) -> None:
    first, second = (builders.account(name=name) for name in ("First", "Second"))
    builders.campaign(first)
    page.goto("/admin/campaigns/campaign/add/")
    expect(page.get_by_text("Choose an account")).to_be_visible()
    page.fill("[name=name]", "Renewals")
    page.select_option("[name=account]", label="Second")
    page.fill("[name=new-voxcore__VOICE_BOT__bot_id]", "b-9")
    page.get_by_role("button", name="Add a variable").click()
    page.fill("[name$=-theirs]", "customer_name")
    page.fill("[name$=-ours]", "name")
    page.select_option("[name=template]", label="Renewal bot")
    expect(page.locator("[name=new-voxcore__VOICE_BOT__bot_id]")).to_have_count(0)
    assert page.input_value("[name=name]") == "Renewals"
    assert page.input_value("[name=account]") == str(second.pk)


def test_a_profile_has_no_json(page: Page) -> None:
    profile = RulesProfile.objects.create(slug="land", name="Land", rules={"caps": [{"calls": 3, "hours": 24}]})
    page.goto(f"/admin/campaigns/rulesprofile/{profile.pk}/change/")
    assert "{" not in page.locator("#rulesprofile_form").inner_text()
    page.get_by_role("button", name="Add a series").click()
    page.get_by_label("from numbers that begin with").fill("+91140")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("changed successfully")
    latest = RulesProfile.objects.get(slug="land", is_latest=True)
    assert latest.rules == {"caps": [{"calls": 3, "hours": 24}], "series": {"PROMOTIONAL": ["+91140"]}}
