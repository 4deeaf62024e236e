"""The people of a campaign: filters that are ready, and what is done to many of them at once."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.admin.tabs import CALLS, PEOPLE, address_of_tab
from campaigns.models import Campaign, Lead, SavedFilter, SuppressedNumber, SuppressionList
from dialer.models import AuditEntry
from tests.admin import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """A running campaign with leads in several states, one of them a callback, one due tomorrow."""
    made = builders.campaign(builders.account(), state="RUNNING", state_changed_at=timezone.now())
    now = timezone.now()
    states: list[tuple[str, dict[str, Any]]] = [
        ("PENDING", {"next_attempt_at": now}),
        ("PENDING", {"next_attempt_at": now + timedelta(days=1)}),
        ("PENDING", {"next_attempt_at": now, "rank": 5, "callback_at": now}),
        ("COMPLETED", {"ended_at": now, "last_outcome": "ANSWERED"}),
        ("EXHAUSTED", {"ended_at": now, "last_outcome": "BUSY"}),
        ("SUPPRESSED", {"ended_at": now}),
    ]
    for nth, (state, fields) in enumerate(states):
        builders.lead(made, f"+9199{nth:08}", state=state, **fields)
    return made


def ids(campaign: Campaign, *states: str) -> list[int]:
    return list(campaign.leads.filter(state__in=states).order_by("pk").values_list("pk", flat=True))


def do(client: Client, campaign: Campaign, name: str, chosen: list[int], **given: Any) -> str:
    """Choose people and an act, confirm what is asked; return the page that says what came of it."""
    address = address_of_tab(campaign.pk, PEOPLE)
    asked = client.post(address, {"action": name, "_selected_action": chosen, "index": "0"})
    assert asked.status_code == 200
    form = re.search(
        r'<form method="post" action="([^"]+)" class="d-card" id="ask-people".*?</form>', asked.content.decode(), re.S
    )
    assert form is not None
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    return unescape(client.post(unescape(form[1]), {**hidden, **given}, follow=True).content.decode())


def test_people_are_named_and_those_who_are_due_are_due_since_then(owner: Client, campaign: Campaign) -> None:
    campaign.contact_lists.get().contacts.filter(leads__in=ids(campaign, "PENDING")[:1]).update(name="Asha Rao")
    page = owner.get(address_of_tab(campaign.pk, PEOPLE)).content.decode()
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in re.findall(r"<tr.*?</tr>", page, re.S)]
    (first,) = [row for row in rows if "Asha Rao" in row]
    (later,) = [row for row in rows if f"#{ids(campaign, 'PENDING')[1]} " in row]
    assert "due since" in first
    assert "due since" not in later
    assert "No name" in later


def test_the_filters_that_are_ready_say_how_many_they_find(owner: Client, campaign: Campaign) -> None:
    page = owner.get(address_of_tab(campaign.pk, PEOPLE)).content.decode()
    chips = re.findall(r'<a class="d-chip" href="([^"]+)"[^>]*>([^<]+?)(?: <b>(\d+)</b>)?</a>', page)
    found = {label: len(owner.get(unescape(url)).context["cl"].result_list) for url, label, _ in chips}
    assert {label: int(number) for _, label, number in chips if number} == {
        label: count for label, count in found.items() if label not in ("Callbacks", "Due now", "Later")
    }
    assert (found["All"], found["Pending"], found["Callbacks"], found["Due now"], found["Later"]) == (6, 3, 1, 2, 1)


def test_calling_now_goes_before_all_others_and_says_who_cannot_be_called(owner: Client, campaign: Campaign) -> None:
    said = do(owner, campaign, "call_now_selected", ids(campaign, "COMPLETED", "EXHAUSTED", "SUPPRESSED"))
    assert "before all others: 2." in said
    assert "It is suppressed: it is not called again" in said
    again = campaign.leads.filter(callback_at__isnull=False, state="PENDING", rank__lt=10)
    assert again.count() == 3


def test_a_callback_of_many_needs_a_time(owner: Client, campaign: Campaign) -> None:
    chosen = ids(campaign, "COMPLETED")
    assert "This field is required" in do(owner, campaign, "call_back_selected", chosen, at="")
    when = timezone.now() + timedelta(days=2)
    do(owner, campaign, "call_back_selected", chosen, at=when.strftime("%Y-%m-%dT%H:%M"), note="asked for it")
    called = Lead.objects.get(pk=chosen[0])
    assert (called.state, called.state_reason) == ("PENDING", "Callback set by olga: asked for it")
    assert called.next_attempt_at >= when.replace(second=0, microsecond=0)


def test_suppressing_many_puts_their_numbers_on_the_list(owner: Client, campaign: Campaign) -> None:
    listed = SuppressionList.objects.create(name="Never")
    do(owner, campaign, "suppress_selected", ids(campaign, "PENDING"), suppression_list=listed.pk, reason="asked")
    assert SuppressedNumber.objects.filter(suppression_list=listed, reason="asked", until=None).count() == 3


def test_a_suppression_that_is_over_by_now_is_asked_for_again(owner: Client, campaign: Campaign) -> None:
    listed = SuppressionList.objects.create(name="Never")
    until = (timezone.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    chosen = ids(campaign, "PENDING")
    said = do(owner, campaign, "suppress_selected", chosen, suppression_list=listed.pk, until=until)
    assert "This instant has passed" in said
    assert not listed.numbers.exists()


def test_canceling_many_takes_out_those_that_wait_alone(owner: Client, campaign: Campaign) -> None:
    said = do(owner, campaign, "cancel_selected", ids(campaign, "PENDING", "COMPLETED"))
    assert "Canceled: 3." in said
    assert "1 did not wait" in said
    assert campaign.leads.filter(state="CANCELED", state_reason="Canceled by olga").count() == 3
    assert campaign.leads.filter(state="COMPLETED").exists()
    assert AuditEntry.objects.filter(act="campaigns.work_leads", by="olga").exists()


def test_exporting_the_chosen_gives_these_alone(owner: Client, campaign: Campaign) -> None:
    chosen = ids(campaign, "COMPLETED", "EXHAUSTED")
    sent = {"action": "export_selected", "_selected_action": chosen, "index": "0"}
    reply: Any = owner.post(address_of_tab(campaign.pk, PEOPLE), sent)
    lines = b"".join(reply.streaming_content).decode().strip().splitlines()
    assert len(lines) == 3
    entry = AuditEntry.objects.filter(act="campaigns.export").latest("id")
    assert entry.rows == 2
    assert entry.details["leads_chosen"] == 2


def test_who_may_only_look_does_nothing(viewer: Client, campaign: Campaign) -> None:
    page = viewer.get(address_of_tab(campaign.pk, PEOPLE)).content.decode()
    assert "cancel_selected" not in page
    sent = {"action": "cancel_selected", "_selected_action": ids(campaign, "PENDING"), "confirmed": "yes", "index": "0"}
    viewer.post(reverse("admin:campaigns_lead_changelist"), sent)
    assert not campaign.leads.filter(state="CANCELED").exists()


def test_all_leads_together_have_no_tabs(owner: Client, campaign: Campaign) -> None:
    assert "campaign-tabs" not in owner.get(reverse("admin:campaigns_lead_changelist")).content.decode()


def test_a_filter_is_saved_and_offered_on_every_campaign(owner: Client, viewer: Client, campaign: Campaign) -> None:
    asked = f"{address_of_tab(campaign.pk, PEOPLE)}&state__exact=EXHAUSTED&last_outcome=BUSY"
    found = re.search(r'id="save-filter" href="([^"]+)"', owner.get(asked).content.decode())
    assert found is not None
    address = unescape(found[1])
    form = owner.get(address).context["adminform"].form
    assert (form["rows"].value(), form["query"].value()) == ("PEOPLE", "last_outcome=BUSY&state__exact=EXHAUSTED")
    owner.post(address, {"rows": "PEOPLE", "name": "Busy to the end", "query": form["query"].value()})
    other = builders.campaign(campaign.account, name="Other", number=7)
    page = viewer.get(address_of_tab(other.pk, PEOPLE)).content.decode()
    assert f'{other.pk}&amp;last_outcome=BUSY&amp;state__exact=EXHAUSTED">Busy to the end</a>' in page
    assert "Busy to the end" not in viewer.get(address_of_tab(other.pk, CALLS)).content.decode()
    assert "save-filter" not in viewer.get(asked).content.decode()
    assert SavedFilter.objects.get().added_by == "olga"


@pytest.mark.parametrize(
    ("query", "why"), [("number=+919", "cannot be asked for number"), ("", "required"), ("&", "Say")]
)
def test_a_filter_that_its_list_cannot_be_asked_is_refused(owner: Client, query: str, why: str) -> None:
    sent = {"rows": "PEOPLE", "name": "Odd", "query": query}
    assert why in owner.post(reverse("admin:campaigns_savedfilter_add"), sent).content.decode()
    assert not SavedFilter.objects.exists()
