"""Every page of every table answers: empty, with rows, to an owner and to somebody who may only look."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.functional import empty
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Attempt, Campaign, ContactImport, ContactList, Lead, SuppressionList
from dialer.admin.ranges import first_id
from dialer.models import DID, Agent, ProviderAccount
from tests.admin import builders
from tests.admin.builders import API_KEY, PUSH_TOKEN, house
from webhooks.models import ProviderEvent

OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in ("dialer", "campaigns", "webhooks")),
    key=lambda model: model._meta.label,
)
ADDED_BY_HAND = [
    model
    for model in OURS
    if model._meta.model_name
    in (
        "provideraccount",
        "did",
        "agent",
        "contactlist",
        "calltemplate",
        "campaign",
        "suppressionlist",
        "suppressednumber",
        "numberexception",
        "savedfilter",
        "rulesprofile",
        "didgroup",
    )
]
READ_ONLY = [model for model in OURS if model._meta.model_name in ("lead", "attempt", "providerevent", "contactimport")]
MOST_QUERIES = 20
#: Of a form, before it is compressed.
MOST_BYTES = 100_000


def page(model: type[Model], name: str, *args: object) -> str:
    """Return the address of an admin page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def by_label(model: type[Model]) -> str:
    """Name a test by its table."""
    return model._meta.label_lower


@pytest.mark.parametrize("model", OURS, ids=by_label)
def test_the_list_answers_when_it_is_empty(owner: Client, model: type[Model]) -> None:
    assert owner.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", ADDED_BY_HAND, ids=by_label)
def test_the_form_of_a_new_row_answers(owner: Client, model: type[Model]) -> None:
    assert owner.get(page(model, "add")).status_code == 200


def test_the_page_of_each_row_answers_and_shows_no_secret(owner: Client, viewer: Client) -> None:
    house()
    wrong = []
    for model in OURS:
        row = model._default_manager.first()
        addresses = [page(model, "changelist")] + ([page(model, "change", row.pk)] if row else [])
        for who, client in (("owner", owner), ("viewer", viewer)):
            for address in addresses:
                reply = client.get(address, follow=True)
                said = reply.content.decode()
                if reply.status_code != 200 or API_KEY in said or PUSH_TOKEN in said:
                    wrong.append(f"{address} for the {who}: HTTP {reply.status_code}")
    assert wrong == []


def test_a_list_of_many_rows_takes_no_more_queries_than_one_of_few(owner: Client) -> None:
    house(2)
    for model in OURS:  # what a process asks once
        owner.get(page(model, "changelist"))
    few = {model: _queries(owner, model) for model in OURS}
    for number in range(2, 14):
        _one_more(number)
    many = {model: _queries(owner, model) for model in OURS}
    assert {by_label(model): many[model] for model in OURS if many[model] > min(few[model], MOST_QUERIES)} == {}


def _queries(owner: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        owner.get(page(model, "changelist"))
    return len(queries)


def _one_more(number: int) -> None:
    owner = builders.account(name=f"More {number}")
    made = builders.campaign(owner, name=f"More {number}", number=number)
    tried = builders.attempt(builders.lead(made, f"+91995{number:07d}"))
    ContactImport.objects.create(contact_list=made.contact_lists.get())
    Agent.objects.create(account=owner, name=f"Agent {number}", kind="NUMBER", address=f"{number}")
    SuppressionList.objects.create(name=f"More {number}").numbers.create(number=f"+91975{number:07d}")
    ProviderEvent.objects.create(account=owner, body=b"{}", attempt=tried)


@pytest.mark.parametrize("model", READ_ONLY, ids=by_label)
def test_what_the_dialer_writes_cannot_be_written_by_hand(owner: Client, model: type[Model]) -> None:
    house()
    row = model._default_manager.get()
    before = model._default_manager.values().get()
    for name, args in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
        assert owner.post(page(model, name, *args), {"state": "CANCELED", "post": "yes"}).status_code == 403
    assert model._default_manager.values().get() == before


@pytest.mark.parametrize("model", [*READ_ONLY, *(m for m in OURS if m._meta.model_name == "contact")], ids=by_label)
def test_a_list_of_millions_is_never_counted(owner: Client, model: type[Model]) -> None:
    house()
    with CaptureQueriesContext(connection) as queries:
        owner.get(page(model, "changelist"))
    counted = [query["sql"] for query in queries if "COUNT(*)" in query["sql"] and model._meta.db_table in query["sql"]]
    assert counted == []


def test_the_tables_by_app_are_looked_up_for_those_who_look_only(owner: Client) -> None:
    """Django has them at hand for every page, which took as long as half of drawing it."""
    apps = owner.get(page(Attempt, "changelist")).context["available_apps"]
    assert apps._wrapped is empty
    assert {"dialer", "campaigns", "webhooks"} <= {app["app_label"] for app in apps}
    assert "Provider accounts" in owner.get(reverse("admin:app_list", args=["dialer"])).content.decode()


def test_the_first_page_shows_an_empty_house_its_first_steps(owner: Client) -> None:
    reply = owner.get(reverse("admin:index"))
    assert reverse("admin:dialer_provideraccount_add") in reply.content.decode()


def test_a_visitor_is_sent_to_log_in(client: Client, db: None) -> None:
    for model in OURS:
        reply = client.get(page(model, "changelist"))
        assert reply.status_code == 302
        assert "/login/" in reply["Location"]


@pytest.mark.parametrize("field", ["account", "template", "contact_lists", "suppression_lists"])
def test_a_campaign_finds_what_it_refers_to_while_one_types(owner: Client, field: str) -> None:
    house(2)
    asked = {"app_label": "campaigns", "model_name": "campaign", "field_name": field, "term": ""}
    found = owner.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert len(found) == len({one["id"] for one in found}) >= 1


def test_attempts_are_found_by_their_time(owner: Client) -> None:
    house()
    lead = Lead.objects.get()
    builders.attempt(lead)
    late = Attempt.objects.order_by("-pk")[0]
    Attempt.objects.filter(pk=late.pk).update(reserved_at=builders.NOW + timedelta(days=2))
    asked = {"reserved_at_from_0": "2026-03-03", "reserved_at_from_1": "00:00:00"}
    rows = owner.get(page(Attempt, "changelist"), asked).context["cl"].result_list
    assert [row.pk for row in rows] == [late.pk]
    asked = {"reserved_at_to_0": "2026-03-03", "reserved_at_to_1": "00:00:00"}
    rows = owner.get(page(Attempt, "changelist"), asked).context["cl"].result_list
    assert late.pk not in [row.pk for row in rows]
    assert len(rows) == 1


@given(steps=st.lists(st.integers(0, 5), min_size=1, max_size=40), asked=st.integers(-1, 210))
@settings(max_examples=40)
def test_the_first_id_of_a_time_is_that_of_the_first_row_at_or_after_it(db: None, steps: list[int], asked: int) -> None:
    ContactImport.objects.all().delete()
    contact_list, _ = ContactList.objects.get_or_create(name="Any")
    at = builders.NOW
    rows = []
    for step in steps:
        at += timedelta(hours=step)
        rows.append((ContactImport.objects.create(contact_list=contact_list, started_at=at).pk, at))
    ContactImport.objects.filter(pk=rows[len(rows) // 2][0]).delete()  # ids have gaps
    kept = [row for row in rows if row[0] != rows[len(rows) // 2][0]]
    wanted = builders.NOW + timedelta(hours=asked)
    found = first_id(model=ContactImport, column="started_at", at=wanted)
    if not kept:
        assert found is None
        return
    expected = [pk for pk, at in kept if at >= wanted]
    earlier = [pk for pk, at in kept if at < wanted]
    assert found is not None
    assert all(pk < found for pk in earlier)
    assert all(pk >= found for pk in expected)


def test_lists_show_no_more_lines_than_there_are_where_results_are_awaited(owner: Client) -> None:
    """The fleet says that calls are over before their results come, and their lines are given to others."""
    made = builders.account(name="Fleet", max_live_calls=1)
    called = builders.campaign(made, name="Awaiting", max_live_calls=1)
    DID.objects.update(max_live_calls=1)
    for number in range(3):
        waits = builders.lead(called, f"+91995000000{number}", state="DIALING")
        builders.live(waits)
    for model in (ProviderAccount, DID):
        assert "1 of 1, and 2 await their results" in owner.get(page(model, "changelist")).content.decode()
    home = " ".join(owner.get(reverse("admin:index")).content.decode().split())
    assert '<b data-figure="live">1 <small>of 1</small></b>' in home
    assert "live calls of capacity, and 2 await their results" in home
    assert home.count("<small>and 2 await their results</small>") == 2, "the gauges of the account and of the DID"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("campaigns_campaign_live", "Campaigns › All campaigns › Campaign 0"),
        ("campaigns_campaign_steps", "Campaigns › All campaigns › Campaign 0"),
        ("campaigns_lead_changelist", "People › Leads"),
        ("campaigns_did_health", "Numbers and agents › DID health"),
        ("dialer_did_add", "Numbers and agents › DIDs › Add DID"),
        ("campaigns_campaign_exports", "Reports › Exports"),
        ("index", "Home"),
    ],
)
def test_each_page_says_where_one_is_as_the_sidebar_does(owner: Client, name: str, said: str) -> None:
    house()
    made = Campaign.objects.latest("id")
    args: dict[str, list[Any]] = {"campaigns_campaign_live": [made.pk], "campaigns_campaign_steps": [made.pk, "when"]}
    page = owner.get(reverse(f"admin:{name}", args=args.get(name))).content.decode()
    head = re.search(r"<h1\b[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert head is not None
    text = unescape(re.sub(r"<[^>]+>", " ", head[1].replace("chevron_right", "›")))
    assert re.sub(r"\s+", " ", text).strip() == said


def test_the_form_of_a_campaign_is_light(owner: Client) -> None:
    house(3)
    for address in (page(Campaign, "change", Campaign.objects.latest("id").pk), page(Campaign, "add")):
        assert len(owner.get(address).content) < MOST_BYTES
