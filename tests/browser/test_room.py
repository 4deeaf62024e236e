"""The manager's room: the pages that a manager lives on, as they look, and what he does on them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.admin import builders
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("verdict", ["GREEN", "AMBER", "RED"])
def test_the_page_before_a_start_in_each_colour(page: Page, verdict: str) -> None:
    campaign = builders.campaign(builders.account(), time_zone="Asia/Kolkata")
    if verdict == "AMBER":
        campaign.template.variables = {"due": "amount"}
        campaign.template.save()
    if verdict == "RED":
        campaign.dids.clear()
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/operate/start/")
    assert page.locator("[data-verdict]").get_attribute("data-verdict") == verdict
    looked_at(page, f"start-{verdict.lower()}")
