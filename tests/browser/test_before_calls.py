"""What is looked at before anybody is called: an upload's columns and result, a rehearsal beside its forecast."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from campaigns.explaining.preflight import preflight
from campaigns.models import Campaign, ContactList, Rehearsal
from campaigns.rehearsing.hurrying import DIFFERENT_HOURS, DIFFERENT_PEOPLE
from campaigns.rehearsing.rehearsal import kept_of
from dialer.accounts.sandbox import open_sandbox
from tests.admin import builders
from tests.api.conftest import with_token
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser
ROWS = "Customer,Mobile,Amount Due,Home\n" + "".join(
    f"Person {n},98100000{n:02},{n}00,\n" for n in range(25)
) + "Mina,nonsense,9,\nRavi,9810000001,7,\n"  # fmt: skip


def test_an_upload_is_looked_at_changed_and_taken(page: Page, tmp_path: Path) -> None:
    people = ContactList.objects.create(name="March", default_region="IN")
    file = tmp_path / "march.csv"
    file.write_text(ROWS)
    page.goto(f"/admin/campaigns/contactlist/{people.pk}/change/")
    page.set_input_files("#upload input[type=file]", file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("[data-tally=good]")).to_have_text("25")
    looked_at(page, "columns", part="#content-main, form, #first-rows")
    page.get_by_label("Name of the variable of Amount Due").fill("due")
    page.get_by_label("What Home is").select_option("ignore")
    page.get_by_role("button", name="Look again").first.click()
    expect(page.locator("#first-rows thead")).to_contain_text("due")
    expect(page.locator("#first-rows thead")).not_to_contain_text("home")
    page.get_by_role("button", name="Upload 25 contacts").click()
    expect(page.locator("#reasons tbody tr")).to_have_count(2)
    looked_at(page, "import-result", part="#import-result")
    api = with_token(User.objects.get(username="olga"))
    told = api.get("/api/v1/contacts/", {"contact_list": people.pk, "page_size": 100}).json()["results"]
    assert {(one["number"], one["name"], one["variables"]["due"]) for one in told} == {
        (f"+9198100000{n:02}", f"Person {n}", f"{n}00") for n in range(25)
    }
    assert {name for one in told for name in one["variables"]} == {"due"}
    (upload,) = api.get("/api/v1/imports/", {"contact_list": people.pk}).json()["results"]
    assert (upload["rows_accepted"], upload["rows_duplicate"], upload["rows_refused"]) == (25, 1, 1)
    page.get_by_role("link", name="Make a campaign").click()
    expect(page.locator("#steps_form")).to_be_visible()


def test_a_rehearsal_beside_its_forecast(page: Page) -> None:
    of, now = builders.campaign(builders.account()), datetime.now(UTC)
    made = builders.campaign(open_sandbox(provider="voxcore"), name="Rehearsal of Renewals", state="COMPLETED")
    Campaign.objects.filter(pk=made.pk).update(started_at=now, state_changed_at=now)
    forecast = kept_of(preflight(campaign=of, now=now).as_dict())
    said = [DIFFERENT_HOURS, DIFFERENT_PEOPLE]
    Rehearsal.objects.create(campaign=made, of=of, forecast=forecast, differences=said, made_at=now)
    page.goto(f"/admin/campaigns/campaign/{made.pk}/rehearsal/")
    expect(page.locator("#rehearsal")).to_contain_text("SANDBOX")
    looked_at(page, "rehearsal", part="#rehearsal")
    page.goto(f"/admin/campaigns/campaign/{of.pk}/rehearse/")
    looked_at(page, "rehearse", part="#ask")
    page.goto(f"/admin/dialer/provideraccount/{made.account_id}/change/")
    expect(page.locator(".d-sandbox-line")).to_contain_text("SANDBOX")
    expect(page.locator("[name=base_url]")).to_have_count(0)
