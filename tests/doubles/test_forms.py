"""The admin: every form has a key, and one that is sent again is not done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from campaigns.models import ContactList, Lead, SuppressionList
from dialer.models import ApiKey, KeptAnswer
from tests.acts.left import left_entry
from tests.admin import builders
from tests.admin.builders import house as filled
from tests.admin.conftest import owner, viewer
from tests.admin.posted import ACCOUNT
from tests.doubles.asked import everything
from tests.doubles.pages import Form, forms_of
from tests.doubles.test_rest import house
from tests.sandbox.carrier import carrier_process, receiver, sandbox

__all__ = ["carrier_process", "house", "owner", "receiver", "sandbox", "viewer"]
pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ROOT = RequestFactory().get("/")
ROOT.user = User(pk=1, is_superuser=True, is_active=True, is_staff=True)

#: What is entered into the form of a new row, beside what the form shows by itself.
NEW: dict[str, Callable[[], dict[str, Any]]] = {
    "auth.Group": lambda: {"name": "Managers"},
    "auth.User": lambda: {"username": "vikram", "password1": "a-long-word-7", "password2": "a-long-word-7"},
    "campaigns.CallTemplate": lambda: {
        "name": "New", "provider": "voxcore", "action": "VOICE_BOT", "voxcore__VOICE_BOT__bot_id": "b-1",
    },
    "campaigns.Campaign": lambda: _new_campaign(),
    "campaigns.ContactList": lambda: {"name": "November"},
    "campaigns.Erasure": lambda: {"number": "+919812345678"},
    "campaigns.ImportSource": lambda: {
        "name": "Nightly", "contact_list": ContactList.objects.create(name="L").pk, "location": "file:november.csv",
    },
    "campaigns.NumberException": lambda: {"prefix": "+9174286", "reason": "Newer than the plan"},
    "campaigns.SavedFilter": lambda: {"rows": "PEOPLE", "name": "Due", "query": "waits=due"},
    "campaigns.RulesProfile": lambda: {"slug": "ours", "name": "Ours", "rules": "{}"},
    "campaigns.SuppressedNumber": lambda: {"number": "+919812345678", "suppression_list": never()},
    "campaigns.SuppressionList": lambda: {"name": "Do not call"},
    "dialer.Agent": lambda: {
        "account": builders.account().pk, "name": "Asha", "kind": "NUMBER", "address": "+919812345678",
    },
    "dialer.DID": lambda: {"account": builders.account().pk, "number": "+912234567890"},
    "dialer.DIDGroup": lambda: {"account": builders.account().pk, "name": "Group"},
    "dialer.ProviderAccount": lambda: dict(ACCOUNT),
    "webhooks.Subscription": lambda: {"name": "Us", "url": "https://us.example/hook"},
}  # fmt: skip
#: Which forms of new rows are not sent here, and why.
NOT_ADDED = {
    "dialer.ApiKey": "shows the key instead of leading to it: its own test below",
    "dialer.TextTemplate": "sent to a provider: among the acts below",
    "django_celery_beat.PeriodicTask": "a form of its own, in tests/admin/test_scheduled.py; it makes unique names",
}


def _new_campaign() -> dict[str, Any]:
    like = builders.campaign(builders.account())
    return {
        "name": "New", "account": like.account_id, "template": like.template_id,
    }  # fmt: skip


def never() -> int:
    return SuppressionList.objects.create(name="Never").pk


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def model_of(label: str) -> type[Model]:
    return next(one for one in MODELS if one._meta.label == label)


def may(model: type[Model], what: str) -> bool:
    return bool(getattr(admin.site._registry[model], f"has_{what}_permission")(ROOT))


def main_form(reply: Any) -> Form:
    """Return the form of the row, among those of other acts."""
    return next(form for form in forms_of(reply) if form.id.endswith("_form"))


def twice(client: Client, url: str, sent: dict[str, Any], **extra: Any) -> tuple[Any, Any]:
    """Send a form, and again; check that the second changed nothing and led where the first one did."""
    first = client.post(url, sent, **extra)
    said = [str(one) for one in get_messages(first.wsgi_request)]
    before = everything()
    again = client.post(url, sent, **extra)
    assert everything() == before
    assert again.status_code == first.status_code
    if first.status_code == 302 and KeptAnswer.objects.exists():
        assert again["Location"] == first["Location"]
        assert "done already, once" in str(list(get_messages(again.wsgi_request))[-1]), said
    return first, again


def test_every_form_of_every_table_has_a_key_of_its_own(owner: Client) -> None:
    filled()
    seen: set[str] = set()
    for model in MODELS:
        for address in _pages(model):
            forms = forms_of(owner.get(address, follow=True))
            assert forms, address
            keys = [dict(form.inputs).get("form_key", "") for form in forms]
            assert all(len(key) >= 16 for key in keys), address
            assert len({*seen, *keys}) == len(seen) + len(keys), address
            seen |= set(keys)


def _pages(model: type[Model]) -> list[str]:
    row = model._default_manager.first()
    found = [page(model, "changelist")] + ([page(model, "add")] if may(model, "add") else [])
    if row is not None:
        found.append(page(model, "change", row.pk))
    if row is not None and admin.site._registry[model].has_delete_permission(ROOT, row):
        found.append(page(model, "delete", row.pk))
    return found


@pytest.mark.parametrize("label", NEW)
def test_a_new_row_that_is_sent_twice_is_there_once_and_one_deleted_twice_is_gone_once(
    owner: Client, label: str
) -> None:
    model = model_of(label)
    values = NEW[label]()
    sent = main_form(owner.get(page(model, "add"))).filled(**values, _save="Save")
    count = model._default_manager.count()
    first, _ = twice(owner, page(model, "add"), sent)
    assert first.status_code == 302, first.context["errors"]
    assert model._default_manager.count() == count + 1
    assert left_entry(f"{model._meta.label_lower}.add", by="olga", face="ADMIN")
    reply = owner.post(page(model, "add"), {**sent, next(iter(values)): ["other"]})
    assert "open the form anew" in str(list(get_messages(reply.wsgi_request))[-1])
    assert model._default_manager.count() == count + 1, "changed after it was sent, it is not done either"
    if may(model, "delete"):
        row = model._default_manager.order_by("-pk")[0]
        twice(owner, page(model, "delete", row.pk), {"post": "yes", "form_key": "k-1"})
        assert left_entry(f"{model._meta.label_lower}.delete", by="olga", face="ADMIN")
        assert model._default_manager.count() == count


def test_who_deletes_himself_is_gone(owner: Client) -> None:
    url = page(User, "delete", User.objects.get(username="olga").pk)
    assert owner.post(url, {"post": "yes", "form_key": "k-1"}).status_code == 302
    assert not User.objects.filter(username="olga").exists()


def test_every_form_of_a_new_row_is_sent_or_named_with_a_reason() -> None:
    assert set(NEW) | set(NOT_ADDED) == {model._meta.label for model in MODELS if may(model, "add")}


def test_a_form_with_errors_may_be_mended_and_sent_with_its_key(owner: Client) -> None:
    url = page(ContactList, "add")
    sent = main_form(owner.get(url)).filled(name="")
    assert owner.post(url, sent).status_code == 200
    assert owner.post(url, {**sent, "name": ["November"]}).status_code == 302
    assert ContactList.objects.get().name == "November"


def test_a_refused_act_leaves_the_key_free(owner: Client, viewer: Client) -> None:
    url = reverse("admin:campaigns_campaign_ring", args=[builders.campaign(builders.account()).pk])
    assert viewer.post(url, {"number": "+919812345678", "form_key": "k-1"}).status_code == 403
    nowhere = reverse("admin:campaigns_campaign_ring", args=[999_999])
    assert owner.post(nowhere, {"number": "+919812345678", "form_key": "k-1"}).status_code == 404
    assert owner.post(url, {"number": "12", "form_key": "k-1"}).status_code == 302
    assert not KeptAnswer.objects.exists()
    owner.post(url, {"number": "+919812345678", "form_key": "k-1"})
    assert Lead.objects.filter(number="+919812345678").count() == 1


def test_an_api_key_is_made_once_and_its_secret_shown_once(owner: Client) -> None:
    url = reverse("admin:dialer_apikey_add")
    asked = next(form for form in forms_of(owner.get(url)) if "days" in dict(form.inputs))
    sent = asked.filled(name="Nightly", scopes=["read"])
    first = owner.post(url, sent)
    assert first.status_code == 200
    (made,) = ApiKey.objects.all()
    secret = str(first.context["secret"])
    again = owner.post(url, sent, follow=True)
    assert again.redirect_chain == [(reverse("admin:dialer_apikey_change", args=[made.pk]), 302)]
    assert "done already, once" in again.content.decode()
    assert secret not in again.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_key_of_somebody_else_does_nothing_for_me(owner: Client, viewer: Client) -> None:
    url = page(ContactList, "add")
    owner.post(url, {"name": "November", "form_key": "k-1"})
    assert viewer.post(url, {"name": "November", "form_key": "k-1"}).status_code == 403


def test_a_row_added_in_a_little_window_twice_is_chosen_once(owner: Client) -> None:
    url = page(ContactList, "add") + "?_popup=1"
    sent = main_form(owner.get(url)).filled(name="November", _popup="1")
    first, again = owner.post(url, sent), owner.post(url, sent)
    assert (first.status_code, again.content) == (200, first.content)
    assert ContactList.objects.count() == 1
