"""The form of a user: a name, a mail address and a role; nobody gives a role that may do more than he."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from dialer.models import AuditEntry
from tests.doubles.test_forms import main_form, page

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-word-7"


def an(role: str) -> Client:
    user = User.objects.create_user(f"the {role}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


def added(client: Client, **values: Any) -> Any:
    form = main_form(client.get(page(User, "add")))
    sent = {"username": "vikram", "password1": PASSWORD, "password2": PASSWORD, "_save": "Save", **values}
    return client.post(page(User, "add"), form.filled(**sent))


@pytest.mark.parametrize("role", ["viewer", "manager", "administrator"])
def test_a_user_is_a_name_a_mail_address_and_a_role(role: str) -> None:
    assert added(an("administrator"), email="vikram@company.example", role=role).status_code == 302
    user = User.objects.get(username="vikram")
    assert (user.email, user.is_staff, user.is_superuser) == ("vikram@company.example", True, False)
    assert [group.name for group in user.groups.all()] == [role]
    assert AuditEntry.objects.latest("id").changes["groups"] == [None, [role]]
    browser = Client()
    browser.post("/admin/login/", {"username": "vikram", "password": PASSWORD})
    assert browser.get("/admin/").status_code == 200


def test_a_role_is_changed_and_taken_and_other_groups_stay(owner: Client) -> None:
    own = Group.objects.create(name="callers")
    user = User.objects.create_user("vikram")
    user.groups.add(own, Group.objects.get(name="manager"))
    client, url = an("administrator"), page(User, "change", user.pk)
    for role, groups in (("viewer", {"callers", "viewer"}), ("", {"callers"}), ("manager", {"callers", "manager"})):
        reply = client.post(url, main_form(client.get(url)).filled(role=role, _save="Save"))
        assert reply.status_code == 302, reply.context["errors"]
        assert {group.name for group in user.groups.all()} == groups
    assert AuditEntry.objects.latest("id").changes["groups"] == [["callers"], ["callers", "manager"]]
    reply = owner.post(url, main_form(owner.get(url)).filled(email="v@x.example", _save="Save"))
    assert reply.status_code == 302, reply.context["errors"]
    assert {group.name for group in user.groups.all()} == {"callers", "manager"}


def test_nobody_gives_a_role_that_may_do_more_than_he() -> None:
    clerk = an("viewer")
    user = User.objects.get(username="the viewer")
    user.user_permissions.add(*_rights_over_users())
    form = clerk.get(page(User, "add")).content.decode()
    assert "Viewer" in form
    assert '<option value="manager"' not in form
    assert added(clerk, role="manager").status_code == 200
    assert not User.objects.filter(username="vikram").exists()
    assert added(clerk, role="viewer").status_code == 302


def _rights_over_users() -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(content_type__app_label="auth", content_type__model="user")
