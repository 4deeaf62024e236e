"""A manager's day: by keyboard alone, with files that are wrong, asking why somebody is not called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, ContactImport, ContactList, ImportSource, Lead, SuppressedNumber, SuppressionList
from tests.admin import builders
from webhooks.models import Subscription

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("shot")]

WITHIN_MS = 8000
MOST_TABS = 120
#: What the element with the focus is called, as a screen reader would say it.
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
PAGES = (
    "",
    "campaigns/campaign/",
    "campaigns/campaign/add/",
    "campaigns/contactlist/",
    "campaigns/contactimport/",
    "campaigns/lead/",
    "campaigns/attempt/",
    "campaigns/suppressionlist/",
    "campaigns/campaignnotice/",
    "campaigns/rulesprofile/",
    "campaigns/jobrun/",
    "dialer/provideraccount/",
    "dialer/did/",
    "dialer/switchboard/",
    "django_celery_beat/periodictask/",
    "django_celery_beat/periodictask/add/",
    "webhooks/subscription/",
    "webhooks/subscription/add/",
)


def tab_to(page: Page, name: str) -> None:
    """Go to a button or link with the Tab key alone."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    pytest.fail(f"{name!r} cannot be reached by keyboard")


def test_a_campaign_is_started_paused_resumed_and_stopped_by_keyboard_alone(page: Page) -> None:
    campaign = builders.campaign(builders.account())
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/live/")
    state = page.locator("#live-state")
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_be_visible()
    pressed = (("Start calling 1 person", "Running"), ("Pause", "Paused"), ("Resume: 1 due now", "Running"))
    for verb, becomes in pressed:
        tab_to(page, verb)
        page.keyboard.press("Enter")
        expect(state).to_have_text(becomes, timeout=WITHIN_MS)
    tab_to(page, "Stop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stop for good?")).to_be_visible()
    page.locator("[name=reason]").focus()
    page.keyboard.type("wrong list")
    tab_to(page, "Stop for good")
    page.keyboard.press("Enter")
    expect(state).to_have_text("Stopped")
    expect(page.locator("#live-reason")).to_have_text("Stopped by olga: wrong list")


def test_a_file_that_cannot_be_read_is_said_and_refused_rows_come_as_a_file_to_mend(page: Page, tmp_path: Path) -> None:
    march = ContactList.objects.create(name="March", default_region="IN")
    page.goto(f"/admin/campaigns/contactlist/{march.pk}/change/")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("name,city\nAsha,Pune\n")
    page.set_input_files("#upload input[type=file]", wrong)
    page.click("#upload button[type=submit]")
    expect(page.locator("body")).to_contain_text(re.compile("phone", re.IGNORECASE))
    assert not march.contacts.exists()

    page.goto(f"/admin/campaigns/contactlist/{march.pk}/change/")
    messy = tmp_path / "messy.csv"
    messy.write_text("phone,name\n9810000001,Asha\n9810000001,Asha again\nnonsense,Ravi\n12,Nobody\n")
    page.set_input_files("#upload input[type=file]", messy)
    page.click("#upload button[type=submit]")
    expect(page.locator("[data-tally=bad]")).to_have_text("2")
    page.get_by_role("button", name="Upload 1 contact").click()
    figures = page.locator("#import-result")
    for name, count in (("accepted", "1"), ("duplicate", "1"), ("refused", "2")):
        expect(figures.locator(f"[data-field={name}]")).to_have_text(count, timeout=WITHIN_MS)
    expect(page.locator("#refusals tbody tr")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 2 to mend").click()
    text = Path(download.value.path()).read_text()
    assert "nonsense" in text
    assert "9810000001" not in text
    assert ContactImport.objects.latest("id").rows_accepted == 1


def test_a_lead_says_why_it_is_not_called_and_takes_a_callback(page: Page) -> None:
    campaign = builders.campaign(builders.account(), state="RUNNING")
    lead = builders.lead(campaign, "+919900000001", next_attempt_at=builders.NOW)
    never = SuppressionList.objects.create(name="Asked us", applies_to_all=True)
    suppressed = SuppressedNumber.objects.create(suppression_list=never, number=lead.number, reason="By e-mail")
    page.goto(f"/admin/campaigns/lead/{lead.pk}/change/")
    row = page.locator("#explanation tr", has=page.get_by_role("cell", name="Suppression", exact=True))
    expect(row).to_contain_text("Refuses")
    expect(row).to_contain_text("Asked us")
    expect(row).to_contain_text("By e-mail")
    # Words of the field, and none of ours.
    expect(page.locator("#explanation")).not_to_contain_text(re.compile(r"[A-Z]{2,}_[A-Z]+|[a-z]+_[a-z]+|[{\[]"))

    suppressed.delete()
    page.reload()
    expect(row).to_contain_text("OK")
    page.fill("#ask [name=at]", "2099-01-01T10:00")
    page.get_by_role("button", name="Set the callback").click()
    expect(page.locator("body")).to_contain_text("90 days ahead at most")
    assert Lead.objects.get(pk=lead.pk).callback_at is None


def test_a_job_shows_the_inputs_of_what_it_does(page: Page) -> None:
    march = ContactList.objects.create(name="March", default_region="IN")
    ImportSource.objects.create(name="CRM", contact_list=march, location="https://crm.example/leads.csv")
    page.goto("/admin/django_celery_beat/periodictask/add/")
    page.fill("[name=name]", "Nightly")
    page.select_option("[name=task]", label="Fetch and import a source")
    expect(page.locator("[name=campaign]")).to_be_hidden()
    page.select_option("[name=source]", label="CRM")
    page.click("button[name=_save]")
    expect(page.locator("body")).to_contain_text("Say when it runs.")
    expect(page.locator("[name=source]")).to_have_value("CRM")
    page.fill("[name=cron]", "0 2 * * *")
    page.click("button[name=_save]")
    expect(page.locator("#result_list")).to_contain_text("0 2 * * * UTC")


def test_a_subscription_is_ticked_and_its_secret_is_shown_once(page: Page) -> None:
    page.goto("/admin/webhooks/subscription/add/")
    page.fill("[name=name]", "CRM")
    page.fill("[name=url]", "https://crm.example/hook")
    page.get_by_label("More became known of a result").uncheck()
    page.click("button[name=_save]")
    made = Subscription.objects.get()
    assert made.kinds == ["RESULT", "LEAD_ENDED", "OPT_OUT", "NOTICE"]
    expect(page.locator("body")).to_contain_text(made.secret["secret"])
    page.goto(f"/admin/webhooks/subscription/{made.pk}/change/")
    expect(page.locator("body")).not_to_contain_text(made.secret["secret"])


def test_a_new_campaign_has_the_words_by_which_people_opt_out(page: Page) -> None:
    campaign = builders.campaign(builders.account())
    page.goto(f"/admin/campaigns/campaign/{campaign.pk}/steps/how/")
    assert "do not call" in page.input_value("[name=opt_out_words]").splitlines()
    assert "call back" in page.input_value("[name=callback_words]").splitlines()


def test_an_empty_table_says_what_will_be_there(page: Page) -> None:
    for table, words in (("campaigns/campaignnotice", "by themselves"), ("campaigns/lead", "Starting a campaign")):
        page.goto(f"/admin/{table}/")
        expect(page.locator("#nothing-here")).to_contain_text(words)
    page.goto("/admin/campaigns/campaign/?q=nobody")
    expect(page.locator("#nothing-here")).to_contain_text("Nothing found")


@pytest.mark.parametrize("width", [1400, 900])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_window(page: Page, width: int, scheme: str) -> None:
    builders.house(2)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    row = {model: model._default_manager.latest("id").pk for model in (Campaign, Lead, ContactImport, ContactList)}
    pages = [*PAGES, *(f"campaigns/{model._meta.model_name}/{pk}/change/" for model, pk in row.items())]
    wide = []
    for path in pages:
        page.goto(f"/admin/{path}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []
