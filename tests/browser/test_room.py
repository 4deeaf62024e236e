"""The manager's room: the pages that a manager lives on, as they look, and what he does on them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from campaigns.admin.tabs import TABS, address_of_tab
from campaigns.models import Attempt, Campaign
from dialer.accounts.sandbox import open_sandbox
from tests.admin import builders, scenes
from tests.admin.test_live import went_wrong
from tests.admin.test_why import full_of_calls, pause_itself
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser
#: What home must have shown by then.
WITHIN_MS = 5_000
#: Pixels of a row with two lines of small buttons.
TWO_LINES = 68


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


def test_home_of_a_busy_day(page: Page) -> None:
    scenes.busy_house()
    page.goto("/admin/")
    expect(page.locator("#home-chart [data-legend]")).to_contain_text("Answered")
    looked_at(page, "home-well")


def test_home_tells_of_troubles(page: Page) -> None:
    scenes.troubled_house()
    page.goto("/admin/")
    expect(page.locator("#home-chart [data-legend]")).to_contain_text("Answered")
    looked_at(page, "home-troubled")


def test_home_renews_itself_and_a_hidden_tab_asks_nothing(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/home/" in request.url else None)
    page.goto("/admin/")
    live = page.locator("[data-figure=live]")
    expect(live).to_contain_text("3 of")
    scenes.ringing(runs, first=700)
    expect(live).to_contain_text("4 of", timeout=WITHIN_MS)
    scenes.under_way("Broken since", 40, state="PAUSED", reason="The provider refused attempt #9: wrong key")
    expect(page.locator("[data-trouble=paused-itself]", has_text="Broken since")).to_be_visible(timeout=WITHIN_MS)
    page.evaluate("Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'})")
    page.wait_for_timeout(300)  # what was under way
    asked.clear()
    page.wait_for_timeout(6_000)  # twice as long as any part waits
    assert asked == []
    page.evaluate("() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }")
    page.wait_for_timeout(500)
    assert len(asked) >= 2


def test_the_list_of_campaigns(page: Page) -> None:
    house = scenes.busy_house()
    Campaign.objects.filter(pk=house["broken"].pk).update(
        state_reason="The provider refused attempt #12: " + 9 * "why "
    )
    Campaign.objects.filter(pk=house["runs"].pk).update(
        name="Renewals of March, second reminder to all who have not paid"
    )
    page.goto("/admin/campaigns/campaign/")
    page.set_viewport_size({"width": 1280, "height": 900})
    # No row has more than two lines, and all columns fit beside the sidebar.
    heights = page.locator("#result_list tr.data-row").evaluate_all("rows => rows.map(row => row.offsetHeight)")
    assert max(heights) <= TWO_LINES, heights
    wider = "table => table.scrollWidth - table.parentElement.clientWidth"
    assert page.locator("#result_list").evaluate(wider) <= 0
    looked_at(page, "campaigns")


def test_the_list_renews_itself_and_keeps_what_was_ticked(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    page.goto("/admin/campaigns/campaign/")
    tick = page.locator(f"input[name=_selected_action][value='{runs.pk}']")
    tick.check()
    pause = page.locator(f"#c{runs.pk}-acts").get_by_role("link", name="Pause")
    pause.focus()
    scenes.ringing(runs, first=700)
    expect(page.locator(f"#c{runs.pk}-pace")).to_contain_text("4 live", timeout=WITHIN_MS)
    expect(tick).to_be_checked()
    expect(pause).to_be_focused()
    pause.press("Enter")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("body")).to_contain_text("Renewals of March: Paused.")


def test_what_is_over_is_put_away_and_taken_back_and_a_tag_finds_it(page: Page) -> None:
    done = scenes.busy_house()["done"]
    Campaign.objects.filter(pk=done.pk).update(tags=["march"])
    page.goto("/admin/campaigns/campaign/?tag=march")
    row = page.locator("#result_list tr.data-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("march")
    for act, button, where in (
        ("Archive Surveys", "Archive", "Archived"),
        ("Take Surveys out", "Take it back", "Ended"),
    ):
        page.get_by_role("link", name=act).click()
        assert Campaign.objects.get(pk=done.pk).archived_at is None or act.startswith("Take")
        page.get_by_role("button", name=button).click()
        page.get_by_role("navigation", name="Campaigns by state").get_by_role("link", name=where).click()
        expect(row).to_contain_text("Surveys")


def test_the_panel_says_what_cures_a_pause_of_its_own_as_soon_as_it_is(page: Page) -> None:
    made = full_of_calls()
    page.goto(f"/admin/campaigns/campaign/{made.pk}/live/")
    why = page.locator("#campaign-why")
    expect(why).to_contain_text("Add DIDs")
    pause_itself(made, ["wrong key", "wrong key", "blocked"])
    expect(why).to_contain_text("2 × Refused: “wrong key”", timeout=WITHIN_MS)
    expect(why).not_to_contain_text("Add DIDs")
    expect(page.locator("#live-state")).to_have_text("Paused itself")
    expect(page.locator("#live-now [data-figure=next-due]")).to_have_text("once resumed")
    expect(page.get_by_role("button", name="Resume: 4 due now")).to_be_visible()
    looked_at(page, "live-paused-itself", part="#content-main")


@pytest.mark.parametrize("tab", TABS)
def test_the_tabs_of_a_campaign(page: Page, tab: str) -> None:
    runs = scenes.troubled_house()
    went_wrong(runs)
    told = {"nth": 1, "week_hour": 9, "disposition": "interested", "contact_list": runs.contact_lists.get()}
    Attempt.objects.filter(campaign=runs, is_burned=True).update(**told)
    page.goto(address_of_tab(runs.pk, tab))
    if tab in ("live", "results"):
        expect(page.locator("[data-chart] [data-legend]")).to_contain_text("Answered")
    looked_at(page, f"campaign-{tab}")


def test_the_tabs_of_a_campaign_are_reached_by_keyboard(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    page.goto(address_of_tab(runs.pk, "live"))
    page.locator("#campaign-tabs a").first.focus()
    for label in ("People", "Calls", "Results"):
        page.keyboard.press("Tab")
        expect(page.locator("#campaign-tabs a:focus")).to_have_text(label)
    page.keyboard.press("Enter")
    page.wait_for_url("**/results/")
    expect(page.locator("#campaign-tabs [aria-current]")).to_have_text("Results")


def test_a_campaign_that_nobody_looks_at_asks_nothing(page: Page) -> None:
    runs = scenes.busy_house()["runs"]
    runs.dids.update(max_live_calls=10)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/campaign/" in request.url else None)
    page.goto(address_of_tab(runs.pk, "live"))
    live = page.locator("#live-now [data-figure=live]")
    expect(live).to_contain_text("3 of")
    scenes.ringing(runs, first=700)
    expect(live).to_contain_text("4 of", timeout=WITHIN_MS)
    page.evaluate("Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'})")
    page.wait_for_timeout(300)  # what was under way
    asked.clear()
    page.wait_for_timeout(6_000)  # longer than any part waits but the chart
    assert asked == []


def test_rows_of_the_sandbox_are_no_wider_than_the_list(page: Page) -> None:
    owner, now = open_sandbox(provider="voxcore"), builders.NOW
    for number, state in enumerate(("RUNNING", "COMPLETED")):
        made = builders.campaign(
            owner,
            name=f"{state.lower()}: those who have not paid since March",
            number=number,
            state=state,
            state_changed_at=now,
            started_at=now,
        )
        called = builders.lead(made, f"+9199000000{number:02}", state="COMPLETED", ended_at=now)
        builders.attempt(called, is_rehearsal=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/admin/campaigns/campaign/")
    expect(page.locator("#result_list .d-sandbox")).to_have_count(2)
    wider = "table => table.scrollWidth - table.parentElement.clientWidth"
    assert page.locator("#result_list").evaluate(wider) <= 0
