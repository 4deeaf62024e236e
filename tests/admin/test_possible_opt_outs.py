"""The page To decide: what waits is counted where people look, and decided one by one or many at once, once."""

from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import PossibleOptOut, SuppressedNumber
from tests.admin import builders

LIST = "admin:campaigns_possibleoptout_changelist"
SENTENCES = ("do not call me at the office", "his wife says do not call")


@pytest.fixture
def doubts(db: None) -> list[PossibleOptOut]:
    """Two calls of a campaign that left a doubt."""
    made = builders.campaign(builders.account())
    for place, sentence in enumerate(SENTENCES):
        called = builders.attempt(builders.lead(made, f"+9199000000{place:02}", state="PENDING"))
        PossibleOptOut.objects.create(
            attempt=called,
            campaign=made,
            number=called.number,
            heard_in="disposition",
            said=sentence,
            why="LIMITED",
            words="at the office",
            heard_at=builders.NOW,
        )
    return list(PossibleOptOut.objects.order_by("id"))


def said(reply: HttpResponse) -> str:
    return " ".join(str(message) for message in get_messages(reply.wsgi_request))  # type: ignore[attr-defined]


def beside(page: str) -> str:
    """Return what stands beside the entry of the sidebar that leads there."""
    entry = page[page.index("<span>People</span>") :].removeprefix("<span>People</span>")
    return re.sub(r"<[^>]*>", "", entry[: entry.index("</a>")]).strip()


def act(client: Client, action: str, doubts: list[PossibleOptOut], **fields: str) -> HttpResponse:
    body = {"action": action, "_selected_action": [str(doubt.pk) for doubt in doubts], **fields}
    return client.post(reverse(LIST), body)  # type: ignore[return-value]


def test_what_waits_is_listed_with_sentence_call_campaign_and_contact(
    owner: Client, doubts: list[PossibleOptOut]
) -> None:
    page = owner.get(reverse(LIST)).content.decode()
    for text in (*SENTENCES, "Sets a limit: at the office", doubts[0].number, "Renewals", f"#{doubts[0].attempt_id}"):
        assert text in page
    lead = doubts[0].attempt.lead
    assert reverse("admin:campaigns_contact_change", args=[lead.contact_id]) in page


def test_a_row_has_two_lines_and_the_whole_of_what_was_said_on_hover(
    owner: Client, doubts: list[PossibleOptOut]
) -> None:
    page = owner.get(reverse(LIST)).content.decode()
    (row, *_) = re.findall(r"<tr.*?</tr>", page[page.index("<tbody") :], re.S)
    assert f'title="{SENTENCES[1]}"' in row
    assert reverse("admin:campaigns_possibleoptout_change", args=[doubts[1].pk]) in row
    assert "To decide" not in row
    act(owner, "not_an_opt_out_selected", doubts)
    decided = owner.get(reverse(LIST) + "?decided=yes").content.decode()
    assert "Not an opt-out" in decided
    assert "by olga" in decided


def test_what_waits_is_counted_on_the_first_page_and_in_the_sidebar(
    owner: Client, viewer: Client, doubts: list[PossibleOptOut]
) -> None:
    for client in (owner, viewer):
        page = client.get(reverse("admin:index")).content.decode()
        assert "somebody must decide on: 2" in page
        assert beside(page) == "2"
    act(owner, "not_an_opt_out_selected", doubts)
    page = owner.get(reverse("admin:index")).content.decode()
    assert 'id="to-decide"' not in page
    assert beside(page) == ""


def test_one_is_decided_on_its_page_and_leaves_the_list(owner: Client, doubts: list[PossibleOptOut]) -> None:
    first = doubts[0]
    change = reverse("admin:campaigns_possibleoptout_change", args=[first.pk])
    url = reverse("admin:campaigns_possibleoptout_decide", args=[first.pk])
    assert url in owner.get(change).content.decode()
    assert "Decided: 1" in said(owner.post(url, {"decision": "OPT_OUT", "until": ""}))  # type: ignore[arg-type]
    first.refresh_from_db()
    assert (first.decision, first.decided_by) == ("OPT_OUT", "olga")
    assert SuppressedNumber.objects.get().number == first.number
    page = owner.get(reverse(LIST)).content.decode()
    assert SENTENCES[0] not in page
    assert SENTENCES[1] in page
    assert SENTENCES[0] in owner.get(reverse(LIST) + "?decided=yes").content.decode()
    assert SENTENCES[0] in owner.get(reverse(LIST) + "?decision__exact=OPT_OUT").content.decode()
    assert url not in owner.get(change).content.decode()


def test_a_second_click_changes_nothing_and_says_who_was_first(owner: Client, doubts: list[PossibleOptOut]) -> None:
    act(owner, "not_an_opt_out_selected", doubts[:1])
    url = reverse("admin:campaigns_possibleoptout_decide", args=[doubts[0].pk])
    text = said(owner.post(url, {"decision": "OPT_OUT"}))  # type: ignore[arg-type]
    assert f"#{doubts[0].pk} was decided before: Not an opt-out, by olga" in text
    assert "was decided before" in said(act(owner, "opt_out_selected", doubts[:1]))
    assert not SuppressedNumber.objects.exists()


def test_many_are_decided_until_a_date_after_a_page_that_asks_for_it(
    owner: Client, doubts: list[PossibleOptOut]
) -> None:
    asked = act(owner, "opt_out_until_selected", doubts)
    assert all(sentence in asked.content.decode() for sentence in SENTENCES)
    assert "after now" in said(act(owner, "opt_out_until_selected", doubts, until="2001-01-01T10:00"))
    assert "This field is required" in act(owner, "opt_out_until_selected", doubts, until="").content.decode()
    assert not SuppressedNumber.objects.exists()
    act(owner, "opt_out_until_selected", doubts, until="2090-01-01T10:00")
    assert {row.until.year for row in SuppressedNumber.objects.all() if row.until} == {2090}
    assert not PossibleOptOut.objects.filter(decided_at=None).exists()


def test_a_date_is_missing_on_the_page_of_one(owner: Client, doubts: list[PossibleOptOut]) -> None:
    url = reverse("admin:campaigns_possibleoptout_decide", args=[doubts[0].pk])
    assert "Enter until when" in said(owner.post(url, {"decision": "OPT_OUT_UNTIL"}))  # type: ignore[arg-type]
    assert "valid choice" in said(owner.post(url, {"decision": "SOMETHING"}))  # type: ignore[arg-type]


def test_who_may_only_look_decides_nothing(viewer: Client, doubts: list[PossibleOptOut]) -> None:
    url = reverse("admin:campaigns_possibleoptout_decide", args=[doubts[0].pk])
    assert viewer.post(url, {"decision": "OPT_OUT"}).status_code == 403
    assert url not in viewer.get(reverse("admin:campaigns_possibleoptout_change", args=[doubts[0].pk])).content.decode()
    act(viewer, "opt_out_selected", doubts)
    assert not SuppressedNumber.objects.exists()


def test_a_campaign_says_how_many_of_its_leads_wait_for_a_decision(owner: Client, doubts: list[PossibleOptOut]) -> None:
    page = owner.get(reverse("admin:campaigns_campaign_live", args=[doubts[0].campaign_id])).content.decode()
    assert '<b data-figure="held">2</b> of the waiting leads' in page
