"""Attack 1: a list answers look-ups that no filter names, and so reads out what no page shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth.models import Permission, User
from django.db import models
from django.test import Client, RequestFactory

from dialer.admin.lookups import split
from tests.admin.builders import account

LOOKUPS = ("", "exact", "iexact", "contains", "startswith", "regex", "gt", "gte", "lt", "lte", "in", "range", "isnull")
READ_OUT = frozenset(LOOKUPS) - {"", "exact", "in", "range", "isnull"}
LISTS = sorted(admin.site._registry.items(), key=lambda found: found[0]._meta.label)


def paths(model: type[models.Model]) -> list[str]:
    """Return the names of the model's columns, and of the columns one relation further."""
    found = []
    for field in model._meta.concrete_fields:
        found.append(field.name)
        if isinstance(field.related_model, type):
            found += [f"{field.name}__{there.name}" for there in field.related_model._meta.concrete_fields]
    return found


@pytest.fixture
def looker(db: None) -> Client:
    """A client with the right to look at accounts and users, and no other."""
    user = User.objects.create_user("vera", is_staff=True)
    codes = ("view_provideraccount", "view_user")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(("model", "listed"), LISTS, ids=[model._meta.label for model, _ in LISTS])
def test_attack_1_only_what_a_filter_names_is_looked_up(model: type[models.Model], listed: ModelAdmin[Any]) -> None:
    request = RequestFactory().get("/")
    own, named = split(listed.get_list_filter(request))
    open_to = own | named | {f"{name}__id" for name in named}
    for path in paths(model):
        for lookup in LOOKUPS:
            asked = f"{path}__{lookup}" if lookup else path
            if listed.lookup_allowed(asked, "x", request):
                assert path in open_to, asked
                assert lookup not in READ_OUT, asked


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["push_token__regex", "push_token", "credentials__startswith", "settings__contains"])
def test_attack_1_the_push_token_is_not_read_out_by_somebody_who_may_look(looker: Client, lookup: str) -> None:
    account()
    reply = looker.get("/admin/dialer/provideraccount/", {lookup: "^[a-zA-Z0-9_-]"})
    assert reply.status_code == 400


@pytest.mark.django_db
def test_attack_1_no_hash_of_a_password_is_read_out(looker: Client) -> None:
    assert looker.get("/admin/auth/user/", {"password__startswith": "pbkdf2"}).status_code == 400


@pytest.mark.django_db
def test_attack_1_the_filters_themselves_still_answer(looker: Client) -> None:
    account("Seen")
    address = "/admin/dialer/provideraccount/"
    assert b"Seen" in looker.get(address, {"is_active__exact": "1"}).content
    assert looker.get(address, {"is_active__exact": "0"}).context["cl"].result_count == 0


@pytest.mark.parametrize(("model", "listed"), LISTS, ids=[model._meta.label for model, _ in LISTS])
def test_attack_1_no_search_and_no_order_reads_a_secret(model: type[models.Model], listed: ModelAdmin[Any]) -> None:
    """Autocompletion searches in search_fields alone; a list is ordered by the columns that it shows."""
    secret = ("token", "credential", "secret", "password", "recording_url", "key")
    columns = [getattr(getattr(listed, str(name), None), "admin_order_field", None) for name in listed.list_display]
    read = [*listed.search_fields, *filter(None, map(str, filter(None, columns)))]
    assert [name for name in read if any(word in name for word in secret)] == []
