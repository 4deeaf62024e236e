"""The export centre: what is not asked for is hidden, the file comes down, and the page proves it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import looked_at
from tests.campaigns.world import account, campaign

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]
ADDRESS = "/admin/campaigns/campaign/exports/"


def test_a_file_is_chosen_downloaded_and_proved(page: Page) -> None:
    made = campaign(account(), leads=3)
    page.goto(ADDRESS)
    expect(page.locator("#latest")).to_contain_text("None yet")
    looked_at(page, "exports-empty", part="#content-main")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.select_option("[name=what]", "contacts")
    expect(page.locator("[data-input=campaigns]")).to_be_hidden()
    expect(page.locator("[data-columns=columns_contacts]")).to_be_visible()
    page.select_option("[name=what]", "leads")
    expect(page.locator("[data-input=left]")).to_be_hidden()
    page.locator("[data-input=campaigns] .select2-selection").click()
    page.locator(".select2-search__field:visible").last.fill(made.name)
    page.locator(".select2-results__option", has_text=made.name).first.click()
    page.select_option("[name=form]", "parquet")
    page.get_by_label("created at").nth(0).check()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download").click()
    content = Path(coming.value.path()).read_bytes()
    assert content[:4] == b"PAR1"
    page.goto(ADDRESS)
    expect(page.locator("#latest")).to_contain_text(hashlib.sha256(content).hexdigest())
    expect(page.locator("#latest")).to_contain_text("yes")
    looked_at(page, "exports", part="#content-main")
