"""A viewer finds no whole number of a person: on no page, in no reply, in no file; a manager does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import Attempt, Callback, Campaign, Contact, ImportRefusal, Lead, OptOut, SuppressedNumber
from dialer.audit import record
from dialer.keys.making import make_key
from dialer.models import DID, Agent
from tests.acts.places import Place, places
from tests.admin import builders

pytestmark = pytest.mark.django_db

#: The numbers of people, and the spellings by which they are looked for.
PEOPLE = ("9812345416", "9876501234", "9744556677")
OURS = "+912234560000"


@pytest.fixture
def told() -> None:
    """Fill every table, with numbers wherever one may stand."""
    builders.house()
    number, other, third = (f"+91{one}" for one in PEOPLE)
    Contact.objects.filter(leads=None).delete()
    Contact.objects.update(number=number, name=f"Asha {PEOPLE[1]}", variables={"home": f"0{PEOPLE[1]}", "pin": "1234"})
    lead, attempt = Lead.objects.get(), Attempt.objects.get()
    DID.objects.update(number=OURS)
    Agent.objects.update(address=other)
    Lead.objects.update(number=number, state_reason=f"Other number {other}", variables={"spouse": "98765 01234"})
    said = [{"speaker": "caller", "text": f"Call me at {PEOPLE[1][:5]}-{PEOPLE[1][5:]}, not at {number}"}]
    Attempt.objects.update(number=number, transcript=said, analysis={"asked": f"ring {other}"}, detail=f"to {number}")
    SuppressedNumber.objects.update(number=third, reason=f"asked by {other}")
    ImportRefusal.objects.update(row={"phone": f"{PEOPLE[0]}x", "alt": other}, message=f"{PEOPLE[0]}x is no number.")
    OptOut.objects.create(attempt=attempt, number=number, words="stop", created_at=builders.NOW)
    at = builders.NOW + timedelta(days=1)
    Callback.objects.create(lead=lead, at=at, due_at=at, note=f"at {other}", set_by="olga", created_at=builders.NOW)
    record(act="campaigns.operate", what="Paused", subject=lead.campaign, reason=f"complaint of {number}")
    contact = lead.contact
    record(act="campaigns.contact.change", what="Changed", subject=contact, changes={"number": [number, other]})


def whole(text: str) -> list[str]:
    """Return the numbers that stand there whole, in any spelling."""
    plain = re.sub(r"(?<=\d)[ \-().]{1,2}(?=\d)", "", text.replace("%20", ""))
    return [one for one in PEOPLE if one in plain]


def body(reply: Any) -> str:
    content = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return str(content.decode())


def somebody(role: str) -> User:
    user = User.objects.create_user(f"the {role}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    return user


def client_of(user: User, scope: str) -> APIClient:
    secret = make_key(user_id=user.pk, name="k", scopes=[scope], expires_at=None, now=builders.NOW)[1]
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return api


def pages() -> Iterator[str]:
    """Give the addresses of every page of the admin, of the lists and of the first row of each."""
    for model in admin.site._registry:
        yield _page(model, "changelist")
        row = model._default_manager.first()
        if row is not None:
            yield from (_page(model, name, row.pk) for name in ("change", "history"))
    yield from (
        _filled(place) for place in places() if place.face == "admin" and place.method == "GET" and _is_own(place)
    )
    yield reverse("admin:index")


def _page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def _is_own(place: Place) -> bool:
    return not place.name.endswith(("_changelist", "_change", "_history", "_add", "_delete", "_password_change"))


def _filled(place: Place) -> str:
    """Return an address with the id of the first row of its table."""
    app, name = [*place.path.split("/"), "", ""][1:3]
    model = apps.get_model(app, name) if place.face == "admin" and name else None
    first = model._default_manager.first() if model is not None else None
    return place.url.replace("999999999", str(first.pk if first is not None else 1))


def replies() -> Iterator[str]:
    """Give the addresses of every GET of the API, with the id of the first row of the table where they have one."""
    for place in places():
        if place.face != "REST" or place.method != "GET":
            continue
        view = next(one for path, one in _views() if path == place.path)
        queryset = getattr(view.cls, "queryset", None)
        first = queryset.model._default_manager.first() if queryset is not None else None
        yield place.url.replace("999999999", str(first.pk if first is not None else 1))
    campaign = Lead.objects.get().campaign_id
    yield f"/api/v1/campaigns/{campaign}/export/?what=leads&form=jsonl"
    yield f"/api/v1/campaigns/{campaign}/export/"


def _views() -> Iterator[tuple[str, Any]]:
    from tests.acts.places import leaves

    yield from ((path, one.callback) for path, one in leaves())


def test_a_viewer_sees_no_whole_number_on_any_page(told: None) -> None:
    browser = Client()
    browser.force_login(somebody("viewer"))
    seen, shown = [], 0
    for url in pages():
        reply = browser.get(url)
        text = body(reply) if reply.status_code == 200 else ""
        shown += "•••" in text
        seen += [f"{url} {found}" for found in whole(text)]
    assert seen == []
    assert shown > 15, "there was nothing to mask"


def test_a_viewer_gets_no_whole_number_over_rest(told: None) -> None:
    user = somebody("viewer")
    api = client_of(user, "admin")
    seen, shown = [], 0
    for url in replies():
        reply: Any = api.get(url)
        text = body(reply) if reply.status_code == 200 else ""
        shown += "•••" in text
        seen += [f"{url} {found}" for found in whole(text)]
    assert seen == []
    assert shown > 12, "there was nothing to mask"


def test_a_manager_sees_them_and_a_key_of_his_within_its_scopes(told: None) -> None:
    user = somebody("manager")
    browser, lead = Client(), Lead.objects.get()
    browser.force_login(user)
    assert whole(body(browser.get(_page(Lead, "change", lead.pk))))
    for scope in ("read", "results", "campaigns", "admin"):
        api = client_of(user, scope)
        assert api.get(f"/api/v1/leads/{lead.pk}/").json()["number"] == f"+91{PEOPLE[0]}"


def test_ours_stay_whole_and_so_does_what_was_asked_for(told: None) -> None:
    browser = Client()
    browser.force_login(somebody("viewer"))
    attempts = body(browser.get(_page(Attempt, "change", Attempt.objects.get().pk)))
    assert OURS in attempts
    assert "+91 98•••••416" in attempts
    found = body(browser.get(_page(Lead, "changelist"), {"q": f"+91{PEOPLE[0]}"}))
    assert f"+91{PEOPLE[0]}" in found
    campaign = Lead.objects.get().campaign_id
    sent = {"action": "export_selected", "_selected_action": campaign}
    files = browser.post(_page(Campaign, "changelist"), sent)
    lines = body(files).splitlines()
    assert "+91 98•••••416" in lines[1]
    assert OURS in lines[1]
