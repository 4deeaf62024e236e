"""Every page of every table answers: empty, with rows, to an owner and to somebody who may only look."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.builders import API_KEY, PUSH_TOKEN, house

OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in ("dialer", "campaigns", "webhooks")),
    key=lambda model: model._meta.label,
)
ADDED_BY_HAND = [
    model
    for model in OURS
    if model._meta.model_name
    in ("provideraccount", "did", "agent", "contactlist", "calltemplate", "campaign", "suppressionlist", "suppressednumber")
]
READ_ONLY = [
    model for model in OURS if model._meta.model_name in ("lead", "attempt", "providerevent", "contactimport")
]
MOST_QUERIES = 20


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


@pytest.mark.parametrize("model", OURS, ids=by_label)
def test_the_page_of_a_row_answers_and_shows_no_secret(owner: Client, viewer: Client, model: type[Model]) -> None:
    house()
    row = model._default_manager.first()
    for client in (owner, viewer):
        addresses = [page(model, "changelist")] + ([page(model, "change", row.pk)] if row else [])
        for address in addresses:
            reply = client.get(address, follow=True)
            assert reply.status_code == 200
            assert API_KEY not in reply.content.decode()
            assert PUSH_TOKEN not in reply.content.decode()


@pytest.mark.parametrize("model", OURS, ids=by_label)
def test_a_list_of_many_rows_takes_no_more_queries_than_one_of_few(owner: Client, model: type[Model]) -> None:
    house(2)
    address = page(model, "changelist")
    owner.get(address)
    with CaptureQueriesContext(connection, ) as few:
        owner.get(address)
    for number in range(2, 14):
        _one_more(number)
    with CaptureQueriesContext(connection) as many:
        owner.get(address)
    assert len(many) <= len(few)
    assert len(many) <= MOST_QUERIES


def _one_more(number: int) -> None:
    from tests.admin import builders

    owner = builders.account(name=f"More {number}")
    made = builders.campaign(owner, name=f"More {number}", number=number)
    tried = builders.attempt(builders.lead(made, f"+91995{number:07d}"))
    builders.ContactImport.objects.create(contact_list=made.contact_lists.get())
    builders.Agent.objects.create(account=owner, name=f"Agent {number}", kind="NUMBER", address=f"{number}")
    builders.SuppressionList.objects.create(name=f"More {number}").numbers.create(number=f"+91975{number:07d}")
    builders.ProviderEvent.objects.create(account=owner, body=b"{}", attempt=tried)


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


def test_the_first_page_shows_an_empty_house_its_first_steps(owner: Client) -> None:
    reply = owner.get(reverse("admin:index"))
    assert reverse("admin:dialer_provideraccount_add") in reply.content.decode()


def test_a_visitor_is_sent_to_log_in(client: Client, db: None) -> None:
    for model in OURS:
        reply = client.get(page(model, "changelist"))
        assert reply.status_code == 302
        assert "/login/" in reply["Location"]
