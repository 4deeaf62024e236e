"""What a form of the admin takes, REST takes too, under the same name: nobody has to go to a page for a field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.forms import BaseForm
from django.test import RequestFactory
from rest_framework import serializers

from campaigns.admin.switchboard import SwitchForm
from campaigns.api.suppressed import SuppressSerializer
from campaigns.api.switchboard import SwitchSerializer
from dialer.admin.keys import ApiKeyForm
from dialer.admin.texts import TextForm
from dialer.api.keys import NewKeySerializer
from dialer.api.texts import NewTextSerializer
from tests.acts.places import leaves

pytestmark = pytest.mark.django_db

#: Inputs of the admin that are one field of REST: several inputs put one value together.
ONE_FIELD = {
    "campaigns.RulesProfile": dict.fromkeys(
        ("windows", "holiday_", "caps", "minimum_gap_seconds", "series", "required_fields"), "rules"
    ),
    # One input for each credential, setting and option that a provider declares: "voxcore__settings__dialout_path".
    "dialer.ProviderAccount": {"__credentials__": "credentials", "__settings__": "settings"},
    "campaigns.CallTemplate": {"__": "options"},
}
#: Where REST takes a row by a body of its own, and what that calls the inputs.
OWN_BODY: dict[str, tuple[type[serializers.Serializer[Any]], dict[str, str]]] = {
    # The list is in the address, and numbers come many at a time.
    "campaigns.SuppressedNumber": (SuppressSerializer, {"suppression_list": "reason", "number": "numbers"}),
    "dialer.ApiKey": (NewKeySerializer, {"days": "expires_at"}),
    # "sure" is the tick that asks a person once more.
    "dialer.Switchboard": (SwitchSerializer, {"allowed": "dialing_allowed", "sure": "dialing_allowed"}),
    "dialer.TextTemplate": (NewTextSerializer, {}),
}
#: Pages whose form is none of Django's.
OWN_FORM: dict[str, type[BaseForm]] = {
    "dialer.ApiKey": ApiKeyForm,
    "dialer.TextTemplate": TextForm,
    "dialer.Switchboard": SwitchForm,
}
#: Forms that REST has not, and why.
PAGE_ONLY = {
    "auth.User": "who may log in, and what a person may do, a person says",
    "auth.Group": "the same",
    "django_celery_beat.PeriodicTask": "another system has its own clock: it fetches, exports and syncs when it likes",
}


@pytest.fixture(scope="module")
def taken() -> dict[str, set[str]]:
    """Return by table the names that REST takes, at the addresses where rows are made and changed."""
    found = {label: names_of(body) for label, (body, _) in OWN_BODY.items()}
    for _, pattern in leaves():
        view = getattr(pattern.callback, "cls", None)
        actions = getattr(pattern.callback, "actions", None) or {}
        if view is None or not {"create", "partial_update"} & set(actions.values()):
            continue
        label = view.queryset.model._meta.label
        if label not in OWN_BODY:
            found.setdefault(label, set()).update(names_of(view.serializer_class))
    return found


def names_of(serializer: Any) -> set[str]:
    """Return the fields that may be written."""
    return {name for name, field in serializer().fields.items() if not field.read_only}


def forms() -> Iterator[tuple[str, set[str]]]:
    """Give each table of the admin that a superuser may add or change, with the inputs of its forms and inlines."""
    request: Any = RequestFactory().get("/")
    request.user = User(pk=1, username="root", is_staff=True, is_superuser=True)
    for model, page in admin.site._registry.items():
        label = model._meta.label
        inputs: set[str] = set()
        if label in OWN_FORM:
            inputs |= set(_inputs(OWN_FORM[label]))
        elif page.has_add_permission(request):
            inputs |= set(_inputs(page.get_form(request, None, change=False)))
        if label not in OWN_FORM and page.has_change_permission(request):
            inputs |= set(_inputs(page.get_form(request, model(), change=True)))
        yield label, inputs
        for inline in page.get_inline_instances(request):
            if inline.has_add_permission(request, None) or inline.has_change_permission(request, None):
                yield inline.model._meta.label, set(_inputs(inline.get_formset(request).form)) - {"id", "DELETE"}


def _inputs(form: type[BaseForm]) -> list[str]:
    fields: dict[str, Any] = vars(form)["base_fields"]
    return list(fields)


def rest_name(label: str, name: str) -> str:
    """Return what REST calls an input."""
    known = ONE_FIELD.get(label, {})
    one = next((field for part, field in known.items() if part in name), name)
    return OWN_BODY[label][1].get(one, one) if label in OWN_BODY else one


def test_every_input_of_the_admin_is_a_field_of_rest(taken: dict[str, set[str]]) -> None:
    missing = {
        label: lacking
        for label, inputs in forms()
        if (lacking := sorted({rest_name(label, name) for name in inputs} - taken.get(label, set())))
    }
    assert {label: names for label, names in missing.items() if label not in PAGE_ONLY} == {}
    assert missing.keys() == PAGE_ONLY.keys(), "a reason that nothing needs any more goes"


def test_the_tables_above_name_what_is_there() -> None:
    inputs = dict(forms())
    for label, known in ONE_FIELD.items():
        assert all(any(part in name for name in inputs[label]) for part in known), label
    for label, (_, known) in OWN_BODY.items():
        assert known.keys() <= inputs[label], label
