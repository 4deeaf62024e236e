"""A viewer, a manager and an administrator: what each sees, what each may do, and what a refusal says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.admin.tabs import TABS, address_of_tab
from campaigns.models import Campaign, Contact, ImportRefusal, Lead
from dialer.roles import keep_roles
from tests.admin import scenes
from tests.admin.filled import filled_house
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser
PASSWORD = "a-long-password"
#: What one reads and finds in inputs, but for what is to be pasted at a provider.
SAID = """() => {
  document.querySelectorAll('details').forEach((one) => { one.open = true; });
  document.querySelectorAll('#account-push').forEach((one) => one.remove());
  const inputs = [...document.querySelectorAll('main :is(input:not([type=hidden]), textarea)')];
  return [document.querySelector('main').innerText, ...inputs.map((one) => one.value)].join('\\n');
}"""
JSON = re.compile(r"""[{[]\s*["'][\w ]+["']\s*[:,\]]|\{\}|\[\]""")
LogIn = Callable[[str], Page]


@pytest.fixture
def log_in(browser: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[LogIn]:
    """Log somebody in who has a role; his page."""
    keep_roles()
    contexts = []

    def somebody(role: str) -> Page:
        user = User.objects.create_user(f"the-{role}", password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url))
        page = contexts[-1].new_page()
        enter(page, user.username)
        return page

    yield somebody
    for one in contexts:
        one.close()


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")


def person(runs: Campaign) -> str:
    contact = Lead.objects.filter(campaign=runs, state="PENDING").latest("id").contact_id
    return reverse("admin:campaigns_contact_person", args=[contact])


def test_a_viewer_sees_all_of_it_no_whole_number_and_no_button(log_in: LogIn) -> None:
    runs = scenes.busy_house()["runs"]
    page = log_in("viewer")
    expect(page.locator("#home-figures")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    for address in (address_of_tab(runs.pk, "people"), address_of_tab(runs.pk, "calls"), person(runs)):
        page.goto(address)
        expect(page.locator("main")).to_contain_text("+91 97•••••" if "attempt" not in address else "•••••")
        expect(page.locator("main")).not_to_contain_text("+9197000000")
        expect(page.get_by_role("button", name="Call now")).to_have_count(0)
    page.goto(address_of_tab(runs.pk, "live"))
    for name in ("Pause", "Stop", "Clone", "Rehearse"):
        expect(page.locator("#campaign-acts").get_by_text(name, exact=True)).to_have_count(0)
    expect(page.locator(".d-nav")).not_to_contain_text("API keys")
    reply = page.goto(f"/admin/campaigns/campaign/{runs.pk}/operate/stop/")
    assert reply is not None
    assert reply.status == 403
    expect(page.locator("body")).to_contain_text("managers and administrators may")
    looked_at(page, "refused")
    page.locator("#problem").get_by_role("link", name="Home").click()
    expect(page.locator("#home-figures")).to_be_visible()


def test_a_viewer_takes_no_whole_number_away_in_a_file(log_in: LogIn) -> None:
    runs = filled_house()
    people = {number.removeprefix("+") for number in Lead.objects.values_list("number", flat=True)}
    ImportRefusal.objects.update(row={"phone": f"+{min(people)}"})
    upload = ImportRefusal.objects.latest("id").contact_import_id
    page = log_in("viewer")
    export = reverse("admin:campaigns_campaign_export", args=[runs.pk])
    refused = reverse("admin:campaigns_contactimport_change", args=[upload])
    for address, name in ((person(runs), "Evidence (CSV)"), (refused, "Download the 7 to mend"), (export, "Download")):
        page.goto(address)
        with page.expect_download() as coming:
            page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name, exact=True)).first.click()
        text = Path(coming.value.path()).read_text()
        assert "•••" in text, address
        assert not [one for one in people if one in text], address


def test_a_key_is_shown_once(log_in: LogIn) -> None:
    page = log_in("manager")
    page.goto("/admin/dialer/apikey/add/")
    page.fill("[name=name]", "CRM")
    page.locator("[name=scopes]").first.check()
    page.get_by_role("button", name="Make the key").click()
    secret = page.input_value("#api-key")
    assert len(secret) > 30
    page.get_by_role("link", name="To the list of keys").click()
    expect(page.locator("#result_list")).to_contain_text("CRM")
    assert secret not in page.content()
    page.locator("#result_list tbody th a").click()
    expect(page.locator("main")).to_contain_text("CRM")
    assert secret not in page.content()


def test_a_manager_meets_no_json(log_in: LogIn) -> None:
    runs = filled_house()
    Contact.objects.update(variables={"due": "4,200", "paid": 12, "note": ""})
    page = log_in("manager")
    links = page.locator(".d-nav-entry").evaluate_all("links => links.map(one => one.getAttribute('href'))")
    pages, met = dict[str, None](), []
    for link in links:
        page.goto(link)
        found = page.locator(".d-nav-page").evaluate_all("links => links.map(one => one.getAttribute('href'))")
        pages |= dict.fromkeys([link, *found])
    contact = reverse("admin:campaigns_contact_change", args=[Contact.objects.exclude(variables={}).latest("id").pk])
    for address in (*pages, contact, *(address_of_tab(runs.pk, tab) for tab in TABS)):
        page.goto(address, wait_until="domcontentloaded")
        read = "links => links.slice(0, 1).map(one => one.href)"
        row = page.locator("#result_list tbody :is(th, td[class*=field-name]) a").evaluate_all(read)
        new = page.locator("a.addlink, a[href$='/add/']").evaluate_all(read)
        for one in (page.url, *row, *new):
            if one != page.url:
                page.goto(one, wait_until="domcontentloaded")
            # What a provider is to be told, its page shows as it is pasted there.
            said = page.evaluate(SAID)
            met += [f"{one}: {said[at - 20 : at + 40]}" for at in [m.start() for m in JSON.finditer(said)]]
    assert len(pages) > 30
    assert met == [], "\n".join(met)


def test_a_manager_works_and_gives_nobody_rights(log_in: LogIn) -> None:
    runs = scenes.busy_house()["runs"]
    page = log_in("manager")
    page.goto(person(runs))
    expect(page.locator("#who")).to_contain_text("+9197000000")
    expect(page.get_by_role("button", name="Call now")).to_be_visible()
    page.goto(address_of_tab(runs.pk, "live"))
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live-state")).to_have_text("Paused")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#live-state")).to_have_text("Running")
    reply = page.goto("/admin/auth/group/add/")
    assert reply is not None
    assert reply.status == 403


def test_an_administrator_makes_a_viewer_by_name_mail_and_role(log_in: LogIn, browser: Browser) -> None:
    scenes.busy_house()
    page = log_in("administrator")
    page.goto("/admin/auth/user/add/")
    page.fill("[name=username]", "vera")
    page.fill("[name=email]", "vera@example.com")
    page.select_option("[name=role]", "viewer")
    page.fill("[name=password1]", "another-long-one")
    page.fill("[name=password2]", "another-long-one")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/change/")
    assert list(User.objects.get(username="vera").groups.values_list("name", flat=True)) == ["viewer"]
    page.context.clear_cookies()
    enter(page, "vera", "another-long-one")
    expect(page.locator("#home-figures")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
