"""The export centre: what is not asked for is hidden, the file comes down, and the page proves it."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.browser.looks import looked_at
from tests.campaigns.world import account, campaign

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]
ADDRESS = "/admin/campaigns/campaign/exports/"


def download(page: Page) -> bytes:
    """Send the form; the file that comes."""
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download").click()
    return Path(coming.value.path()).read_bytes()


def sheet(content: bytes) -> list[list[Any]]:
    """Return the rows of a workbook as a spreadsheet has them."""
    book: Any = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows: list[list[Any]] = book.get_sheet_by_name("Rows").to_python()
    return rows


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
    content = download(page)
    assert content[:4] == b"PAR1"
    number = made.leads.order_by("id").values_list("number", flat=True)[0]
    page.select_option("[name=form]", "csv")
    lines = download(page).decode("utf-8-sig").splitlines()
    assert lines[1].split(",")[lines[0].split(",").index("number")] == number, "no apostrophe before it"
    page.select_option("[name=form]", "xlsx")
    names, row, *_ = sheet(download(page))
    assert row[names.index("number")] == number, "a text, of which Excel makes no figure"
    page.goto(ADDRESS)
    expect(page.locator("#latest")).to_contain_text(hashlib.sha256(content).hexdigest())
    expect(page.locator("#latest")).to_contain_text("yes")
    looked_at(page, "exports", part="#content-main")
