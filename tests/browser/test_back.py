"""A form that was sent comes back by the Back button: sent again it does nothing, opened anew it does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import ContactList, Lead
from tests.admin import builders

pytestmark = pytest.mark.browser


def ring(page: Page) -> None:
    page.fill("[name=number]", "+919812345678")
    page.click("#ask button[type=submit]")


def test_back_and_sending_again_rings_no_phone_a_second_time(page: Page) -> None:
    campaign = builders.campaign(builders.account())
    address = f"/admin/campaigns/campaign/{campaign.pk}/set-up/"
    page.goto(address)
    ring(page)
    page.wait_for_url("**/lead/*/change/")
    page.go_back()
    page.wait_for_url(f"**{address}")
    ring(page)
    page.wait_for_url("**/lead/*/change/")
    expect(page.locator("body")).to_contain_text("This was done already, once")
    assert Lead.objects.filter(number="+919812345678").count() == 1
    page.goto(address)
    ring(page)
    page.wait_for_url("**/lead/*/change/")
    assert Lead.objects.filter(number="+919812345678").count() == 2


def test_a_list_that_was_saved_is_not_made_twice_by_going_back(page: Page) -> None:
    page.goto("/admin/campaigns/contactlist/add/")
    page.fill("[name=name]", "November")
    page.click("[name=_save]")
    page.wait_for_url(lambda url: "add" not in url)
    page.go_back()
    page.fill("[name=name]", "November again")
    page.click("[name=_save]")
    page.wait_for_url(lambda url: "add" not in url)
    expect(page.locator("body")).to_contain_text("open the form anew")
    assert ContactList.objects.count() == 1
