"""A campaign in tabs: the first one tells how it goes and what goes wrong, and each number leads to its rows."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.admin.tabs import TABS, address_of_tab
from campaigns.counting.folding import fold_all
from campaigns.models import Attempt, AttemptState, Campaign, CampaignNotice, Contact, Lead
from dialer.models import AuditEntry
from tests.admin import builders, scenes
from tests.admin.sent import inputs_of

pytestmark = pytest.mark.django_db
#: Of a part that renews itself, besides these two: who asks, and by which session.
MOST_QUERIES, OF_THE_LOGIN = 4, 2
REFUSED = "number not allowed: 919876543210"


def at(campaign: Campaign, name: str = "live") -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def shown(client: Client, campaign: Campaign, name: str = "live") -> str:
    return client.get(at(campaign, name)).content.decode()


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def figure(page: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}">(.*?)</(?:b|span|p|a)>', page, re.S)
    assert found is not None, name
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip()


def rows_at(client: Client, address: str) -> int:
    return len(client.get(unescape(address)).context["cl"].result_list)


def went_wrong(campaign: Campaign, *, quantity: int = 3) -> list[Lead]:
    """Have the provider refuse calls in the same words, but for the number; and one call fail otherwise."""
    now = timezone.now()
    called = []
    for nth in range(quantity):
        lead = builders.lead(campaign, f"+9193{nth:08}", state="EXHAUSTED", ended_at=now)
        builders.attempt(lead, outcome="REFUSED", refusal="OTHER", detail=f"{REFUSED}{nth}", ended_at=now)
        called.append(lead)
    other = builders.lead(campaign, "+919400000000", state="EXHAUSTED", ended_at=now)
    builders.attempt(other, outcome="FAILED", ended_at=now)
    return called


@pytest.mark.parametrize("client_name", ["owner", "viewer"])
@pytest.mark.parametrize("tab", TABS)
def test_each_tab_has_an_address_that_shows_it(client_name: str, tab: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(client_name)
    runs = scenes.busy_house()["runs"]
    reply = client.get(address_of_tab(runs.pk, tab))
    assert reply.status_code == 200
    nav = re.search(r'<nav class="d-tabs" id="campaign-tabs".*?</nav>', reply.content.decode(), re.S)
    assert nav is not None
    assert len(re.findall("<a ", nav[0])) == len(TABS)
    (now_on,) = re.findall(r'<a href="([^"]+)" aria-current="page"', nav[0])
    assert unescape(now_on) == address_of_tab(runs.pk, tab)


def test_the_first_tab_tells_how_far_it_is_and_when_it_is_done(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    page = shown(owner, runs)
    told = {name: figure(page, name) for name in ("done", "live", "pace", "answered", "due", "next-due", "attempts")}
    assert told == {
        "done": "8 of 17", "live": "1 of 1", "pace": "1", "answered": "43 %", "due": "6", "next-due": "now",
        "attempts": "11",
    }  # fmt: skip
    assert "live calls of capacity, and 2 await their results" in words(page)
    assert "left, done ≈" in figure(page, "time-left")


def test_each_number_leads_to_as_many_rows(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    went_wrong(runs)
    Attempt.objects.filter(campaign=runs, is_burned=True).update(nth=1, week_hour=9, disposition="said")
    for page in (shown(owner, runs), shown(owner, runs, "results")):
        linked = re.findall(r'<a href="([^"]+)"[^>]*>(?:<i [^>]*></i>)?[^<]*<b>(\d+)</b></a>', page)
        linked += re.findall(r'<a href="([^"]+)"(?: data-figure="[\w-]+")?>(\d+)</a></td>', page)
        assert len(linked) >= 8
        for address, number in linked:
            assert rows_at(owner, address) == int(number), address


def test_the_filters_of_calls_that_are_ready_say_how_many_they_find(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    page = owner.get(address_of_tab(runs.pk, "calls")).content.decode()
    chips = re.findall(r'<a class="d-chip" href="([^"]+)"[^>]*>([^<]+?) <b>(\d+)</b></a>', page)
    assert {label: int(number) for _, label, number in chips} == {
        "All": 11, "Under way": 3, "Answered": 3, "No answer": 3, "Busy": 1, "Refused": 1,
    }  # fmt: skip
    assert [rows_at(owner, url) for url, _, _ in chips] == [int(number) for _, _, number in chips]


def test_what_goes_wrong_is_grouped_with_its_cure(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    went_wrong(runs)
    page = shown(owner, runs)
    said = words(page.partition('id="errors"')[2].partition("</section>")[0])
    assert "3 × Refused: “number not allowed: …” · since" in said
    assert "919876543210" not in said
    assert "Ask the provider what its words mean" in said
    calls = re.findall(r'id="calls-\d" href="([^"]+)"', page)
    assert rows_at(owner, calls[0]) == 3


def test_these_can_be_tried_again_by_those_who_work_with_leads(owner: Client, viewer: Client) -> None:
    runs = scenes.busy_house()["runs"]
    leads = went_wrong(runs)
    Lead.objects.filter(pk=leads[0].pk).update(state="SUPPRESSED")
    found = re.search(r'id="again-1" href="([^"]+)"', shown(owner, runs))
    assert found is not None
    address = unescape(found[1])
    asked = owner.get(address).content.decode()
    assert "Call 2 people again" in asked
    assert Lead.objects.filter(campaign=runs, state="EXHAUSTED").count() == 3  # it asks first
    after = owner.post(address, follow=True).content.decode()
    assert "before all others: 2." in after
    again = Lead.objects.filter(campaign=runs, callback_at__isnull=False)
    assert {lead.pk for lead in again} == {lead.pk for lead in leads[1:]}
    assert "again-1" not in shown(viewer, runs)
    assert viewer.post(address).status_code == 403
    assert owner.get(f"{at(runs, 'try_again')}?cause=nonsense").status_code == 404


@pytest.mark.parametrize("cause", ["nonsense", "REFUSED:1-x:", "REFUSED:1:", ""])
def test_an_address_of_no_calls_is_no_error(owner: Client, cause: str) -> None:
    runs = scenes.busy_house()["runs"]
    reply = owner.get(f"{address_of_tab(runs.pk, 'calls')}&cause={quote(cause)}", follow=True)
    assert reply.status_code == 200


def test_a_draft_says_whom_it_will_call_and_a_pause_calls_nobody(owner: Client) -> None:
    draft = builders.campaign(builders.account())
    listed = draft.contact_lists.get()
    Contact.objects.bulk_create(Contact(contact_list=listed, number=f"+9195{nth:08}") for nth in range(53))
    page = shown(owner, draft)
    assert figure(page, "contacts") == "54 contacts"
    assert "0 of 0" not in page
    assert figure(page, "next-due") == "once started"
    builders.lead(draft, "+919700000001")
    Campaign.objects.filter(pk=draft.pk).update(state="PAUSED", state_reason="Paused by olga")
    page = shown(owner, draft)
    assert (figure(page, "due"), figure(page, "next-due")) == ("1", "once resumed")
    assert "Resume: 1 due now" in words(page)


def test_the_dids_say_how_full_they_are_and_who_answers(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    until = timezone.now() + timedelta(hours=1)
    runs.dids.update(max_calls_per_day=200, resting_until=until)
    Attempt.objects.filter(campaign=runs).update(reserved_at=timezone.now())
    for _ in range(2):
        said = words(shown(owner, runs, "live_lately").partition('id="dids"')[2].partition("</table>")[0])
        assert "1 of 1 , and 2 await their results 11 of 200 43 % " in said
        assert f"{until:%H:%M} UTC" in said
        fold_all()


@pytest.mark.parametrize("part", ["live_now", "live_lately", "live_chart", "rows"])
def test_a_refresh_takes_few_statements_however_much_there_is(owner: Client, part: str) -> None:
    runs = scenes.troubled_house()
    went_wrong(runs)
    scenes.ringing(runs, first=700, quantity=3)
    address = at(runs, part) if part != "rows" else f"{reverse('admin:campaigns_campaign_rows')}?ids={runs.pk}"
    owner.get(address)
    with CaptureQueriesContext(connection) as few:
        owner.get(address)
    went_wrong_more = [
        builders.lead(runs, f"+9192{nth:08}", state="COMPLETED", ended_at=timezone.now()) for nth in range(9)
    ]
    for nth, lead in enumerate(went_wrong_more):
        builders.attempt(lead, outcome="FAILED", detail=f"because of {'abcdefghi'[nth]}", ended_at=timezone.now())
    with CaptureQueriesContext(connection) as many:
        assert owner.get(address).status_code == 200
    assert len(many) <= len(few) <= MOST_QUERIES + OF_THE_LOGIN


def test_who_may_see_campaigns_alone_sees_neither_numbers_of_people_nor_their_tabs() -> None:
    runs = scenes.busy_house()["runs"]
    went_wrong(runs)
    user = User.objects.create_user("otto", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client = Client()
    client.force_login(user)
    page = shown(client, runs)
    assert "last-calls" not in page
    assert 'id="errors"' not in page
    nav = page.partition('id="campaign-tabs"')[2].partition("</nav>")[0]
    assert words(nav).split() == [">Live", "Results", "Set-up", "Log"] or "People" not in nav
    assert client.get(at(runs, "history")).status_code == 403


def test_the_log_has_what_people_did_and_what_it_did_itself(owner: Client, viewer: Client) -> None:
    runs = scenes.busy_house()["runs"]
    owner.post(reverse("admin:campaigns_campaign_operate", args=[runs.pk, "pause"]), {"reason": "lunch"})
    CampaignNotice.objects.create(campaign=runs, kind="NOT_READY", text="Its DID is gone", created_at=timezone.now())
    page = words(shown(owner, runs, "history").partition('id="log"')[2])
    assert page.index("Its DID is gone") < page.index("lunch")
    assert "Its DID is gone" in words(shown(viewer, runs, "history"))


def test_rules_that_were_changed_are_said_in_words_in_the_log_and_the_audit(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    edit = reverse("admin:campaigns_campaign_change", args=[runs.pk])
    form = inputs_of(owner.get(edit).content.decode(), form="campaign_form")
    form |= {"caps-0-calls": ["3"], "caps-0-size": ["24"], "caps-0-unit": ["h"], "hours-0-from": ["10:00"]}
    form |= {
        key: ["5 min, 1 h"] for key, value in form.items() if key.startswith("retry_rules") and value == ["15 min"]
    }
    assert owner.post(edit, form).status_code == 302
    pages = [shown(owner, runs, "history"), owner.get(reverse("admin:dialer_auditentry_changelist")).content.decode()]
    for page in pages:
        said = words(page)
        assert "Caps – → 3 in 24 h" in said
        assert "Retry rules, busy after 15 min → after 5 min, 1 h" in said
        assert '{"' not in said


def test_what_was_added_is_said_without_what_was_not_there_and_its_many_fields_are_folded(owner: Client) -> None:
    owner.post(reverse("admin:campaigns_contactlist_add"), {"name": "March", "default_region": "IN"})
    changes = {f"field_{nth}": [None, nth] for nth in range(1, 10)}
    AuditEntry.objects.filter(what="Added").update(changes=changes)
    said = words(owner.get(reverse("admin:dialer_auditentry_changelist")).content.decode())
    assert "Field 6 6 3 more Field 7 7" in said
    assert "Field 1 – →" not in said


def test_the_set_up_is_read_in_words_and_edited_by_those_who_may(owner: Client, viewer: Client) -> None:
    runs = scenes.busy_house()["runs"]
    Campaign.objects.filter(pk=runs.pk).update(caps=[{"calls": 3, "hours": 24}], minimum_gap_seconds=3600)
    page = shown(owner, runs, "set_up")
    assert "Caps 3 in 24 h" in words(page)
    assert "Least gap 1 h" in words(page)
    assert reverse("admin:dialer_provideraccount_change", args=[runs.account_id]) in page
    edit = reverse("admin:campaigns_campaign_change", args=[runs.pk])
    assert edit in page
    assert 'id="edit"' not in shown(viewer, runs, "set_up")


def test_calls_under_way_are_named_by_their_state(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    said = words(shown(owner, runs, "live_lately").partition('id="last-calls"')[2])
    assert said.count(f"{AttemptState.RINGING.label} …") == 3


def test_a_call_is_as_long_as_its_talk_or_else_as_its_provider_says(owner: Client) -> None:
    made = builders.campaign(builders.account(), name="Renewals", state="RUNNING")
    facts = (("ANSWERED", 12.0, 40.0), ("ANSWERED", None, 42.0), ("NO_ANSWER", None, 25.0))
    for nth, (outcome, talk, duration) in enumerate(facts):
        lead = builders.lead(made, f"+9199{nth:08}", state="COMPLETED", ended_at=timezone.now())
        builders.attempt(lead, outcome=outcome, talk_seconds=talk, duration_seconds=duration)
    for page in (shown(owner, made, "live_lately"), owner.get(address_of_tab(made.pk, "calls")).content.decode()):
        assert [seconds for seconds in (12, 42, 40, 25) if f"{seconds} s" in words(page)] == [12, 42]
