"""Attack 11: who may change users, groups or keys makes a superuser of himself."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

PASSWORD = "a-long-new-password-51"


@pytest.fixture
def clerk(db: None) -> User:
    """Somebody with every right over users, groups and keys, who is no superuser."""
    user = User.objects.create_user("carl", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    return user


@pytest.fixture
def client(clerk: User) -> Client:
    """The clerk's client."""
    client = Client()
    client.force_login(clerk)
    return client


def form_of(user: User, **values: str) -> dict[str, str]:
    """Return what the form of a user sends."""
    joined = {"date_joined_0": "2026-03-02", "date_joined_1": "06:00:00"}
    return {"username": user.username, "is_active": "on", **joined, **values}


def test_attack_11_nobody_makes_himself_a_superuser(client: Client, clerk: User) -> None:
    every = str(Group.objects.create(name="everything").pk)
    sent = form_of(clerk, is_superuser="on", is_staff="on", groups=every, first_name="Carl")
    assert client.post(f"/admin/auth/user/{clerk.pk}/change/", sent).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.is_superuser, clerk.groups.count(), clerk.first_name) == (False, 0, "Carl")


@pytest.mark.parametrize("act", ["change", "password", "delete"])
def test_attack_11_somebody_with_more_rights_is_not_touched(client: Client, act: str) -> None:
    manager = User.objects.create_user("mona", is_staff=True)
    manager.user_permissions.add(Permission.objects.get(codename="change_campaign"))
    for user in (User.objects.create_superuser("olga"), manager):
        sent = form_of(user, password1=PASSWORD, password2=PASSWORD, usable_password="true", post="yes")
        assert client.post(f"/admin/auth/user/{user.pk}/{act}/", sent).status_code == 403
        assert not User.objects.get(pk=user.pk).check_password(PASSWORD)


@pytest.mark.parametrize("page", ["auth/group", "auth/group/add"])
def test_attack_11_groups_are_for_superusers(client: Client, page: str) -> None:
    User.objects.create_superuser("olga")
    assert client.get(f"/admin/{page}/").status_code == 403
    client.force_login(User.objects.get(username="olga"))
    assert client.get(f"/admin/{page}/").status_code == 200
