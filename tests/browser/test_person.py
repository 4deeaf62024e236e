"""A person and a call in a browser: found by keyboard from any page, looked at in both themes, on a phone too."""

from __future__ import annotations

import wave
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.lifecycle.heartbeat import Heartbeat
from campaigns.models import Attempt, Callback, CallNote, Contact, Lead, SuppressionList
from dialer.models import AuditEntry, ProviderAccount
from tests.admin import builders, scenes
from tests.browser.looks import looked_at
from tests.campaigns.world import set_fleet
from tests.dialer.scripted import scripted

pytestmark = pytest.mark.browser


def somebody() -> Lead:
    """Return somebody with two campaigns, calls, a note and a callback, on a busy day."""
    runs = scenes.busy_house()["runs"]
    assert Heartbeat().beat()
    set_fleet(runs.account, available=7, at=timezone.now())
    runs.dids.update(max_live_calls=3)
    type(runs).objects.update(time_zone="Asia/Kolkata")
    runs.refresh_from_db()
    now = timezone.now()
    lead = builders.lead(runs, "+919812345416", callback_at=now + timedelta(minutes=40), next_attempt_at=now)
    Contact.objects.filter(pk=lead.contact_id).update(
        name="Asha Rao", external_reference="CUST-4711", variables={"due": "4,200", "plan": "Gold family yearly"}
    )
    told = [
        {"speaker": "bot", "text": "Hello, am I speaking with Asha Rao?", "timestamp": 0.4},
        {"speaker": "caller", "text": "Yes. I pay on Friday.", "timestamp": 6.2},
    ]
    call = builders.attempt(
        lead, disposition="PTP", transcript=told, analysis={"intent": "pays", "on": "Friday"}, cost="0.42", digits="2",
        recording_url="https://rec.example/1",
    )  # fmt: skip
    CallNote.objects.create(attempt=call, account=runs.account, text="Pays Friday", written_by="vera", created_at=now)
    SuppressionList.objects.create(name="Do not call")
    return lead


def test_somebody_is_found_from_any_page_by_keyboard_alone(page: Page) -> None:
    lead = somebody()
    for start in ("/admin/", "/admin/dialer/provideraccount/", f"/admin/campaigns/campaign/{lead.campaign_id}/change/"):
        page.goto(start)
        page.keyboard.press("Control+k")
        dialog = page.locator("#search")
        expect(dialog).to_be_visible()
        expect(page.locator("#search-text")).to_be_focused()
        page.keyboard.type("5416")
        expect(page.locator("#search-found [aria-selected=true]")).to_contain_text("Asha Rao")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("a")  # what is selected goes
    page.keyboard.press("Backspace")
    page.keyboard.type("rao")
    expect(page.locator("#search-found [role=option]").first).to_contain_text("Asha Rao")
    looked_at(page, "search", part="#search")
    page.locator("#search-text").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/person/")
    expect(page.locator("#who")).to_contain_text("+919812345416")


def test_the_button_opens_the_search_and_the_arrows_go_round(page: Page) -> None:
    somebody()
    page.goto("/admin/campaigns/campaign/")
    page.get_by_role("link", name="Search").click()
    page.keyboard.type("re")
    hits = page.locator("#search-found [role=option]")
    expect(hits.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(hits.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_have_attribute("aria-selected", "true")
    page.locator("[data-close-search]").click()
    expect(page.locator("#search")).to_be_hidden()


def test_the_page_of_a_person(page: Page) -> None:
    lead = somebody()
    page.goto(f"/admin/campaigns/contact/{lead.contact_id}/person/")
    looked_at(page, "person")
    page.set_viewport_size({"width": 1280, "height": 900})
    row = page.locator(f"#lead-{lead.pk}")
    row.get_by_role("button", name="Cancel callback").click()
    expect(page.locator("#timeline")).to_contain_text("Callback called off")
    row.get_by_text("Call back…").click()
    row.get_by_label("Call back", exact=True).select_option("tomorrow")
    row.get_by_role("button", name="Set the callback").click()
    expect(row).to_contain_text("10:00 IST")
    page.get_by_role("link", name="Suppress", exact=True).click()
    page.get_by_label("Reason").fill("complained")
    page.get_by_role("button", name="Suppress: nobody calls it").click()
    expect(page.locator("#who")).to_contain_text("Suppressed on Do not call")


def test_the_page_of_a_call_says_what_follows_a_note(page: Page) -> None:
    call = somebody().attempts.get()
    page.goto(f"/admin/campaigns/attempt/{call.pk}/change/")
    looked_at(page, "call")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Disposition").fill("callback")
    expect(page.locator("#note-effects")).to_contain_text("a callback, before all others")
    page.get_by_label("Disposition").fill("do not call")
    expect(page.locator("#note-effects")).to_contain_text("nobody calls this number again")
    page.get_by_role("button", name="Write the note").click()
    expect(page.locator("body")).to_contain_text("nobody calls this number again")


@pytest.mark.parametrize("knows_parts", [True, False])
def test_a_line_of_the_transcript_leads_to_its_place_in_the_recording(page: Page, knows_parts: bool) -> None:
    call = somebody().attempts.get()
    with scripted(status=200, body=ten_seconds(), kind="audio/wav", knows_parts=knows_parts) as url:
        ProviderAccount.objects.filter(pk=call.account_id).update(settings={"recording_hosts": url[7:]})
        Attempt.objects.filter(pk=call.pk).update(recording_url=f"{url}/rec/1.wav")
        page.goto(f"/admin/campaigns/attempt/{call.pk}/change/")
        assert not AuditEntry.objects.filter(act="campaigns.listen").exists(), "nobody has listened yet"
        page.get_by_label("Speed").select_option("2")
        page.get_by_role("button", name="Play from 0:06").click()
        page.wait_for_function("document.querySelector('audio').currentTime >= 6.2")
        assert page.evaluate("document.querySelector('audio').playbackRate") == 2
        expect(page.locator(".d-spoken")).to_contain_text("I pay on Friday")
        page.get_by_role("button", name="Play from 0:00").click()
        expect(page.locator(".d-spoken")).to_contain_text("am I speaking with")
        page.evaluate("document.querySelector('audio').pause()")
    assert AuditEntry.objects.filter(act="campaigns.listen").count() == 1


def ten_seconds() -> bytes:
    """Return a sound file of silence."""
    made = BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 80_000)
    return made.getvalue()


def test_the_way_past_the_menu_and_what_only_a_mouse_could_press(page: Page) -> None:
    somebody()
    page.goto("/admin/campaigns/lead/")
    page.keyboard.press("Tab")
    expect(page.locator(".d-skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    filters = page.get_by_role("button", name="Filters")
    filters.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#changelist-filter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#changelist-filter")).to_be_hidden()
    # Of a finger, on a phone that the filters fill.
    page.set_viewport_size({"width": 390, "height": 844})
    filters.click()
    page.locator("#changelist-filter").get_by_role("button", name="Close").click()
    expect(page.locator("#changelist-filter")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 900})
    user = page.locator("button.d-user")
    user.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert page.locator("main").count() == 1
    assert page.locator(".d-nav-entry").count() == 10


@pytest.mark.parametrize("model", ["contact", "lead", "attempt", "callback"])
def test_the_lists_of_people_and_calls(page: Page, model: str) -> None:
    lead = somebody()
    now = timezone.now()
    Callback.objects.create(lead=lead, at=now, due_at=now, set_by="olga", note="after lunch", created_at=now)
    page.goto(f"/admin/campaigns/{model}/")
    expect(page.locator("#result_list")).to_contain_text("IST" if model != "contact" else "Asha Rao")
    looked_at(page, f"list-{model}")
