"""The words of the field: each page says at its foot what those mean that it uses, and labels say the plain thing."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Attempt, Campaign, Lead
from dialer.admin.figures import many, spent
from dialer.admin.navigation import ACTS, ENTRIES
from dialer.admin.words import WORDS, words_by_page, words_of
from tests.admin import builders
from tests.admin.filled import filled_house

#: The words of the design, and those that stopped newcomers.
NEEDED = {
    *("Contact", "Lead", "Attempt", "Live call", "Outcome", "Disposition", "Window", "Suppression", "Cap", "Profile"),
    *("E.164", "Weight", "Runs on", "Passed over", "Told by", "Disagreement", "Exhausted", "Lost", "Uncertain", "DID"),
}
LINKS = [label for _, _, pages in ENTRIES for _, label in pages]


def address(label: str) -> str:
    return reverse(label if label in ACTS else f"admin:{label.replace('.', '_')}_changelist")


def shown(client: Client, at: str) -> dict[str, str]:
    foot = client.get(at).content.decode().partition('id="words"')[2].partition("</details>")[0]
    return {unescape(name): unescape(meaning) for name, meaning in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", foot)}


def test_every_word_is_on_a_page_and_those_that_stop_people_are_among_them() -> None:
    on_pages = {word for words in words_by_page().values() for word in words}
    assert on_pages == set(WORDS)
    assert on_pages >= NEEDED


@pytest.mark.django_db
def test_each_page_of_the_sidebar_says_its_words(owner: Client) -> None:
    builders.house()
    without = [at for at in ("/admin/", *map(address, LINKS)) if not shown(owner, at)]
    assert without == []


@pytest.mark.django_db
def test_a_tab_a_form_and_a_person_have_the_words_of_their_table(owner: Client) -> None:
    builders.house()
    campaign = Campaign.objects.get()
    assert "Weight" in shown(owner, reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    assert "Brake" in shown(owner, reverse("admin:campaigns_campaign_live", args=[campaign.pk]))
    lead = Lead.objects.get()
    assert "Passed over" in shown(owner, reverse("admin:campaigns_contact_person", args=[lead.contact_id]))
    exports = shown(owner, reverse("admin:campaigns_campaign_exports"))
    assert exports["Lost"] == WORDS["Lost"]


def test_a_page_has_the_words_of_the_longest_name_that_fits() -> None:
    assert [name for name, _ in words_of("campaigns_campaignrun_changelist")] == ["Run", "Campaign"]
    assert [name for name, _ in words_of("campaigns_campaign_exports")] != [
        name for name, _ in words_of("campaigns_campaign_live")
    ]
    assert words_of("login") == []


@pytest.mark.django_db
def test_labels_say_the_plain_thing_with_the_word_of_the_field_beside(owner: Client) -> None:
    runs = filled_house()
    call = Attempt.objects.exclude(disagreement="").get()
    Attempt.objects.filter(campaign=runs, outcome="BUSY").update(outcome="LOST")
    Lead.objects.filter(campaign=runs, state="COMPLETED").update(state="EXHAUSTED")

    def text(name: str, *args: object) -> str:
        page = owner.get(reverse(f"admin:{name}", args=args)).content.decode()
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())

    form = text("campaigns_campaign_change", runs.pk)
    assert "Share of the calls (weight)" in form
    assert "Who dials (runs on)" in form
    page = text("campaigns_attempt_change", call.pk)
    assert "Where the result came from (told by)" in page
    assert "Another source says (disagreement)" in page
    assert "No result came (lost)" in text("campaigns_attempt_changelist")
    assert "No tries left (exhausted)" in text("campaigns_lead_changelist")
    assert "Not called (passed over)" in text("campaigns_contact_person", call.lead.contact_id)
    assert "With a plus and the country code (E.164)" in text("dialer_did_add")
    live = text("campaigns_campaign_live", runs.pk)
    assert "No tries left (exhausted)" in live


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (61.4, "61 s"), (119, "119 s"), (120, "2 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min")],
)
def test_how_long_people_talked_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert spent(seconds) == said


def test_a_large_number_has_its_thousands_apart() -> None:
    assert [many(value) for value in (999, 1_000_000, "12", None, True)] == ["999", "1,000,000", "12", None, True]
