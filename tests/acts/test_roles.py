"""The roles: who has them may do all that the table says, in both faces, and nothing else.

Of the acts of each role one place is asked over HTTP, through every middleware and to the page that refuses; the others
on their views, as a page takes longer to draw than all that is asked here.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from dialer.acts import Act, Role
from dialer.roles import keep_roles, rights_of
from tests.acts.asking import is_let as at_its_view
from tests.acts.places import Place, places
from tests.acts.test_acts import NARROWER, judged

pytestmark = pytest.mark.django_db

WHO = ("nobody", "no rights", *(role.value for role in Role), "superuser")


def somebody(who: str) -> User | None:
    """Return a user of the staff who is in a group, a superuser, or nobody."""
    if who == "nobody":
        return None
    user = User.objects.create_user("somebody", is_staff=True, is_superuser=who == "superuser")
    user.groups.set(Group.objects.filter(name=who))
    return user


def may(who: str, act: Act | None) -> bool:
    """Return what the table says."""
    roles = [role.value for role in Role]
    if act is None or who == "nobody":
        return False
    if who == "no rights":
        return act.role is not None and not act.rights
    if who == "superuser":
        return True
    return act.role is not None and roles.index(who) >= roles.index(act.role.value)


def was_asked(who: str, act: Act | None) -> bool:
    """Return whether somebody with fewer rights was let in already: each role has all that those before it have."""
    before = WHO[: WHO.index(who)]
    return any(may(one, act) for one in before)


@pytest.mark.parametrize("who", WHO)
def test_a_role_may_do_what_the_table_says(who: str, settings: Settings) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    user, client, api = somebody(who), Client(raise_request_exception=False), APIClient(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
        api.force_authenticate(user)
    wrong, asked_by_http = [], set()
    for place in judged(places()):
        # What Django's own forms show is the same for all who may; the first look at each is enough.
        if place.method == "ACTION" or place.path in NARROWER or was_asked(who, place.act):
            continue
        kind = (place.face, place.method, place.act and place.act.role)
        is_by_view = user is not None and kind in asked_by_http
        asked_by_http.add(kind)
        is_in = at_its_view(place, user) if is_by_view and user else is_let(client, api, place)
        if is_in != may(who, place.act):
            wrong.append(str(place))
    assert "\n".join(wrong) == ""


def is_let(client: Client, api: APIClient, place: Place) -> bool:
    if place.face == "REST":
        return api.generic(place.method, place.url, content_type="application/json").status_code not in (401, 403)
    reply = client.generic(place.method, place.url)
    return reply.status_code != 403 and "/admin/login/" not in reply.headers.get("Location", "")


def test_each_role_has_what_the_one_before_it_has() -> None:
    viewer, manager, administrator = (rights_of(role) for role in Role)
    assert viewer < manager < administrator
    assert not [right for right in viewer if ".view_" not in right]
    assert "campaigns.download_recording" in manager - viewer
    assert "webhooks.view_providerevent" in administrator - manager


def test_the_groups_are_there_once_tables_are_and_are_kept() -> None:
    """Migrating made them, as for every test; a change by hand is undone, and other groups are left alone."""
    assert {role.value for role in Role} <= set(Group.objects.values_list("name", flat=True))
    own, viewer = Group.objects.create(name="callers"), Group.objects.get(name="viewer")
    right = Permission.objects.get(codename="change_campaign")
    own.permissions.add(right)
    viewer.permissions.set([right])
    said = StringIO()
    call_command("roles", stdout=said)
    assert {f"{p.content_type.app_label}.{p.codename}" for p in viewer.permissions.all()} == rights_of(Role.VIEWER)
    assert list(own.permissions.all()) == [right]
    assert f"viewer: {len(rights_of(Role.VIEWER))} rights" in said.getvalue()
    assert keep_roles()[Role.VIEWER] == viewer.permissions.count()


def test_the_first_administrator_finds_the_groups() -> None:
    Group.objects.all().delete()
    call_command("first_admin", stdout=StringIO())
    assert Group.objects.filter(name__in=[role.value for role in Role]).count() == 3


def test_the_docs_have_the_table() -> None:
    """Written by ``manage.py roles --table``."""
    said = StringIO()
    call_command("roles", "--table", stdout=said)
    _, begin, after = Path("docs/rights.md").read_text().partition("<!-- the table -->\n")
    assert begin
    assert after.partition("<!-- its end -->")[0] == said.getvalue()
