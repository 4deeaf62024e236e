"""Keys of the API: hashed, narrow, ending; whoever holds one does no more than it says, and nobody reads another's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from campaigns.models import CampaignNotice, ContactList, FeedEntry
from dialer.keys.finding import USE_NOTED_EVERY, KeyUser, find_key
from dialer.keys.making import make_key, rotate_key
from dialer.keys.scopes import ADMIN, READ, allows, scopes
from dialer.logs.redaction import redact
from dialer.models import ApiKey
from tests.api.conftest import key_of
from tests.attacks.server import Server
from tests.campaigns.world import account, campaign

API = "/api/v1"
SCOPES = sorted(scopes())


def holder(key: str, word: str = "Bearer") -> APIClient:
    """Return a client that sends this key."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"{word} {key}")
    return client


@pytest.fixture
def olga(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("olga")


@pytest.fixture
def vera(db: None) -> User:
    """Somebody who may look at campaigns and change them, and no more."""
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_campaign", "change_campaign")))
    return user


def test_attack_10_a_stolen_database_holds_no_key(olga: User) -> None:
    key = key_of(olga)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(k::text, ' ') FROM dialer_apikey k")
        (stored,) = cursor.fetchone()
    assert key not in stored
    assert key.split("_", 2)[2] not in stored
    for stolen in ApiKey.objects.values_list("secret_hash", "prefix").get():
        assert holder(stolen).get(f"{API}/accounts/").status_code == 401
    assert key not in redact(f"failed for {key}")


@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer", "TOKEN"])
def test_attack_10_a_key_is_taken_in_both_spellings(olga: User, word: str) -> None:
    assert holder(key_of(olga), word).get(f"{API}/accounts/").status_code == 200


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc"), max_codepoint=255), max_size=60))
def test_attack_10_what_has_not_the_shape_of_a_key_is_not_looked_up(text: str) -> None:
    assert find_key(text) is None, "no database is allowed here, so none was asked"


def test_attack_10_a_right_beginning_is_no_key(olga: User) -> None:
    key = key_of(olga)
    changed = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert holder(changed).get(f"{API}/accounts/").status_code == 401


@pytest.mark.django_db
def test_attack_10_no_key_does_what_its_user_may_not(vera: User) -> None:
    rights = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    for scope in SCOPES:
        user = KeyUser(make_key(user_id=vera.pk, name=scope, scopes=[scope], expires_at=None, now=timezone.now())[0])
        passed = {right for right in rights if user.has_perm(right)}
        assert passed <= vera.get_all_permissions()
        assert passed == {right for right in vera.get_all_permissions() if allows([scope], right)}
        assert user.get_all_permissions() == passed
        assert user.has_perms([]) is True
        assert not user.is_superuser
        assert user.pk == vera.pk


@pytest.mark.django_db
def test_attack_10_no_scope_but_admin_reaches_accounts_people_or_the_switch() -> None:
    rights = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    changing = {right for right in rights if ".view_" not in right}
    assert not {right for right in changing if allows([READ], right)}
    for scope in set(SCOPES) - {ADMIN}:
        reached = {right for right in changing if allows([scope], right)}
        assert not {right for right in reached if right.startswith(("dialer.", "auth.", "webhooks.", "axes."))}, scope
    assert all(allows([ADMIN], right) for right in rights)
    assert not any(allows(["made-up"], right) for right in rights)


#: An act, and the scopes of a superuser's key that let it through.
ACTS = [
    ("get", "/accounts/", {}, {"read", "admin"}),
    ("post", "/accounts/", {"name": "x"}, {"admin"}),
    ("get", "/campaigns/", {}, {"read", "campaigns", "results", "admin"}),
    ("post", "/campaigns/", {"name": "x"}, {"campaigns", "admin"}),
    ("post", "/lists/", {"name": ""}, {"upload", "admin"}),
    ("get", "/results/", {}, {"read", "results", "campaigns", "admin"}),
    ("get", "/subscriptions/", {}, {"read", "admin"}),
    ("post", "/subscriptions/", {"name": "x"}, {"admin"}),
    ("get", "/keys/", {}, {"admin"}),
    ("post", "/keys/", {"name": "x"}, {"admin"}),
]


@pytest.mark.parametrize("scope", SCOPES)
def test_attack_10_a_scope_holds_over_rest(olga: User, scope: str) -> None:
    client = holder(key_of(olga, scope))
    for method, path, body, let_through in ACTS:
        reply = getattr(client, method)(API + path, body, **({"format": "json"} if method == "post" else {}))
        assert (reply.status_code == 403) == (scope not in let_through), (method, path, reply.status_code)


def test_attack_10_a_key_is_shown_once_and_to_its_user_alone(olga: User, vera: User) -> None:
    browser = Client()
    browser.force_login(vera)
    form = {
        "name": "Nightly upload",
        "scopes": ["upload", "read"],
        "days": "30",
        "only_campaigns": "",
        "only_lists": "",
    }
    made = browser.post("/admin/dialer/apikey/add/", form)
    (key,) = ApiKey.objects.all()
    (secret,) = [part for part in made.content.decode().split('"') if part.startswith("dlr_") and len(part) > 40]
    assert "no-store" in made["Cache-Control"]
    assert find_key(secret) == key
    assert (key.user, key.scopes) == (vera, ["upload", "read"])
    assert timedelta(days=29) < key.expires_at - timezone.now() < timedelta(days=31)  # type: ignore[operator]
    for client in (browser, _logged_in(olga)):
        for page in ("", f"{key.pk}/change/"):
            shown = client.get(f"/admin/dialer/apikey/{page}")
            assert shown.status_code == 200
            assert secret not in shown.content.decode()
            assert key.secret_hash not in shown.content.decode()
    mallory = _logged_in(User.objects.create_user("mallory", is_staff=True))
    assert key.name not in mallory.get("/admin/dialer/apikey/").content.decode()
    assert mallory.get(f"/admin/dialer/apikey/{key.pk}/change/").status_code in (302, 403)
    for act in ("rotate", "revoke"):
        mallory.post(f"/admin/dialer/apikey/{key.pk}/{act}/")
    assert holder(secret).get(f"{API}/campaigns/").status_code == 200
    _logged_in(olga).post(f"/admin/dialer/apikey/{key.pk}/revoke/")
    refused = holder(secret).get(f"{API}/campaigns/")
    assert refused.status_code == 401
    assert "revoked" in refused.json()["error"]["message"]


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_attack_10_keys_are_made_replaced_and_revoked_over_rest(vera: User) -> None:
    client = holder(key_of(vera))
    made = client.post(f"{API}/keys/", {"name": "CRM", "scopes": ["campaigns"]}, "json")
    assert made.status_code == 201
    old = made.json()
    assert old["expires_at"], "it ends by itself where nothing was said"
    successor = client.post(f"{API}/keys/{old['id']}/rotate/", {"overlap_seconds": 60}, "json").json()
    assert successor["replaces"] == old["id"]
    assert {holder(one["key"]).get(f"{API}/campaigns/").status_code for one in (old, successor)} == {200}
    assert client.post(f"{API}/keys/{old['id']}/rotate/", {}, "json").status_code == 409, "one successor each"
    ended = ApiKey.objects.get(pk=old["id"])
    assert ended.why_refused(now=timezone.now() + timedelta(seconds=61))
    assert client.post(f"{API}/keys/{successor['id']}/revoke/").json()["refused"]
    assert holder(successor["key"]).get(f"{API}/campaigns/").status_code == 401
    assert "key" not in client.get(f"{API}/keys/{old['id']}/").json()
    stranger = holder(key_of(User.objects.create_user("mallory")))
    assert stranger.post(f"{API}/keys/{old['id']}/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"limits": {"campaigns": [999]}}, "limits"),
        ({"limits": {"planets": [1]}}, "limits"),
    ],
)
def test_attack_10_a_key_that_makes_no_sense_is_refused_by_its_field(olga: User, wrong: object, field: str) -> None:
    body = {"name": "CRM", "scopes": ["read"], **wrong}  # type: ignore[dict-item]
    reply = holder(key_of(olga)).post(f"{API}/keys/", body, "json")
    assert reply.status_code == 400
    assert reply.json()["error"]["fields"][0]["field"].startswith(field)


def test_attack_10_a_limited_key_reaches_nothing_else(olga: User) -> None:
    mine, other = campaign(account(), leads=2), campaign(account(), leads=2)
    for one in (mine, other):
        notice = CampaignNotice.objects.create(campaign=one, kind="OPENED", text=one.name, created_at=timezone.now())
        FeedEntry.objects.create(kind="NOTICE", notice=notice)
        FeedEntry.objects.create(kind="LEAD_ENDED", lead=one.leads.first())
    client = holder(key_of(olga, "admin", limits={"campaigns": [mine.pk]}))
    assert [row["id"] for row in client.get(f"{API}/campaigns/").json()["results"]] == [mine.pk]
    assert {row["campaign"] for row in client.get(f"{API}/leads/").json()["results"]} == {mine.pk}
    told = client.get(f"{API}/results/").json()["results"]
    assert [(row["notice"] or row["lead"])["campaign"] for row in told] == [mine.pk, mine.pk]
    assert client.post(f"{API}/campaigns/{mine.pk}/pause/").status_code != 403
    assert client.post(f"{API}/campaigns/{other.pk}/pause/").status_code == 404
    assert client.get(f"{API}/campaigns/{other.pk}/export/").status_code == 404
    for method, path in (
        ("get", "/contacts/"),
        ("get", "/accounts/"),
        ("post", "/campaigns/"),
        ("patch", f"/campaigns/{mine.pk}/"),
        ("post", "/calls/"),
        ("put", "/switchboard/"),
        ("get", "/evidence/"),
        ("post", "/keys/"),
    ):
        reply = getattr(client, method)(API + path, {}, format="json")
        assert reply.status_code in (403, 405), (method, path, reply.status_code)


def test_attack_10_a_key_that_is_limited_to_lists_uploads_to_them_alone(olga: User) -> None:
    mine, other = (ContactList.objects.create(name=name, default_region="IN") for name in ("Mine", "Other"))
    client = holder(key_of(olga, "upload", limits={"lists": [mine.pk]}))
    rows = {"rows": [{"phone": "+919812345678"}]}
    assert client.post(f"{API}/lists/{mine.pk}/upload/", rows, "json").status_code == 201
    assert client.post(f"{API}/lists/{other.pk}/upload/", rows, "json").status_code == 404
    assert other.contacts.count() == 0


def test_attack_10_a_key_ends_with_its_user_and_with_its_time(olga: User) -> None:
    now = timezone.now()
    key = key_of(olga, expires_at=now + timedelta(hours=1))
    client = holder(key)
    assert client.get(f"{API}/accounts/").status_code == 200
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert client.get(f"{API}/accounts/").status_code == 401
    User.objects.filter(pk=olga.pk).update(is_active=True)
    ApiKey.objects.update(expires_at=now)
    reply = client.get(f"{API}/accounts/")
    assert reply.status_code == 401
    assert "expired" in json.dumps(reply.json())


def test_attack_10_a_request_costs_one_look_up_and_a_write_a_minute_at_most(olga: User) -> None:
    client = holder(key_of(olga))
    client.get(f"{API}/keys/scopes/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(f"{API}/keys/scopes/")
    assert len(asked) == 1
    ApiKey.objects.update(last_used_at=timezone.now() - USE_NOTED_EVERY)
    with CaptureQueriesContext(connection) as asked:
        client.get(f"{API}/keys/scopes/")
    assert len(asked) == 2


def test_attack_10_the_successor_of_a_key_is_no_wider(olga: User) -> None:
    made = campaign(account())
    now = timezone.now()
    old, _ = make_key(
        user_id=olga.pk, name="n", scopes=["read"], limits={"campaigns": [made.pk]}, expires_at=None, now=now
    )
    new, _ = rotate_key(key=old, now=now)
    assert (new.scopes, new.limits, new.user_id) == (old.scopes, old.limits, olga.pk)
    old.refresh_from_db()
    assert old.expires_at == now + timedelta(hours=24)


@pytest.mark.django_db(transaction=True)
def test_attack_10_a_key_works_at_the_real_server_and_not_in_the_admin(server: Server) -> None:
    key = key_of(User.objects.create_superuser("olga"))
    assert server.ask("GET", "/api/v1/accounts/", Authorization=f"Bearer {key}")[0] == 200
    assert server.ask("GET", "/admin/", Authorization=f"Bearer {key}")[0] == 302
    assert key not in server.logged()
