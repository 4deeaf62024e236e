"""Every page that the sidebar leads to, with what can be opened from it: nothing grave, nothing wider than the screen.

The pages are read from the sidebar itself, so that one which is added later is judged as well.
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from campaigns.admin.tabs import TABS, address_of_tab
from campaigns.models import Attempt, Lead
from dialer.admin.navigation import ENTRIES
from tests.admin import scenes
from tests.admin.filled import filled_house
from tests.browser.looks import looked_at, problems

pytestmark = pytest.mark.browser

TITLES = ("Home", *(title for title, _, _ in ENTRIES))
#: Of lists axe sees both themes. Of forms and rows, which are twice as many, the one that fails first.
BOTH, DARK = (("light", "wide"), ("dark", "wide")), (("dark", "wide"),)


def named(address: str) -> str:
    """Return a name of pictures for a page."""
    return "every-" + (address.removeprefix("/admin/").strip("/").partition("?")[0].replace("/", "-") or "home")


def of_entry(page: Page, title: str) -> list[str]:
    """Go to an entry of the sidebar, and return the addresses of its pages."""
    page.goto("/admin/")
    entry = page.locator(".d-nav > li", has=page.locator(".d-nav-entry", has_text=title))
    address = entry.locator(".d-nav-entry").get_attribute("href") or ""
    page.goto(address)
    found = page.locator(".d-nav-page").evaluate_all("links => links.map(one => one.getAttribute('href'))")
    return list(found) or [address]


def beyond(page: Page) -> list[str]:
    """Return what the list that is shown leads to: its first row, and the form of a new one."""
    read = "links => links.slice(0, 1).map(one => one.getAttribute('href'))"
    row = page.locator("#result_list tbody th a, #result_list tbody td[class*=field-name] a").evaluate_all(read)
    new = page.locator("a.addlink, a[href$='/add/']").evaluate_all(read)
    return [one if one.startswith("/") else f"{page.url.partition('?')[0]}{one}" for one in (*row, *new)]


@pytest.mark.parametrize("title", TITLES)
def test_the_pages_of_an_entry(page: Page, title: str) -> None:
    filled_house()
    found: list[str] = []
    for address in of_entry(page, title):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        further = beyond(page)
        found += problems(page, named(address), looks=BOTH)
        for one in further:
            page.set_viewport_size({"width": 1280, "height": 900})
            reply = page.goto(one)
            assert reply is not None
            assert reply.status == 200, one
            found += problems(page, named(one.removeprefix(page.url)), looks=DARK)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("tab", [*TABS, "edit"])
def test_the_tabs_of_a_campaign_on_a_bad_day(page: Page, tab: str) -> None:
    runs = filled_house()
    edit = reverse("admin:campaigns_campaign_change", args=[runs.pk])
    page.goto(edit if tab == "edit" else address_of_tab(runs.pk, tab))
    looked_at(page, f"bad-day-{tab}")


def test_what_is_opened_from_people_and_calls(page: Page) -> None:
    runs = filled_house()
    call = Attempt.objects.filter(campaign=runs, outcome="ANSWERED").latest("id")
    waits = Lead.objects.filter(campaign=runs, state="PENDING").latest("id")
    found: list[str] = []
    for name, of in (
        ("campaigns_attempt_change", call.pk),
        ("campaigns_contact_person", call.lead.contact_id),
        ("campaigns_lead_change", waits.pk),
        ("campaigns_campaign_preflight", runs.pk),
        ("campaigns_campaign_rehearse", runs.pk),
    ):
        page.goto(reverse(f"admin:{name}", args=[of]))
        found += problems(page, f"opened-{name}")
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("step", ["what", "whom", "when", "how", "check"])
def test_the_steps_of_a_campaign(page: Page, step: str) -> None:
    scenes.busy_house()
    draft = scenes.under_way("A draft", 9, state="DRAFT", reason="")
    page.goto(reverse("admin:campaigns_campaign_steps", args=[draft.pk, step]))
    looked_at(page, f"step-{step}")
