"""Nothing that is sent is ignored: unknown names are refused everywhere, in bodies at any depth and in queries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import CallTemplate, ContactList, SuppressionList
from dialer.api.document import document_of
from dialer.models import DID, Switchboard
from dialer.sandbox.client import SandboxClient
from tests.api import made
from tests.api.conftest import API
from tests.doubles.asked import ASKED, House, everything, posts
from tests.sandbox.carrier import PushReceiver, carrier_process, receiver, sandbox

__all__ = ["carrier_process", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(sandbox: SandboxClient, receiver: PushReceiver, settings: Any, tmp_path: Path) -> House:
    (tmp_path / "november.csv").write_text("phone\n+919812345678\n")
    settings.DIALER_IMPORT_FOLDER = str(tmp_path)
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    return House(sandbox, receiver.url)


def refused(reply: Any) -> dict[str, str]:
    """Return the refused names of a reply, each with its sentence."""
    assert reply.status_code == 400, reply.content
    return {field["field"]: field["message"] for field in reply.json()["error"]["fields"]}


@pytest.mark.parametrize("path", ASKED)
def test_every_post_refuses_a_field_that_it_does_not_know_and_does_nothing(
    api: APIClient, house: House, path: str
) -> None:
    pk, body = ASKED[path](house)
    api.get(f"{API}/health/")
    before = everything()
    reply = api.post(f"{API}/{path.format(pk)}", {**(body or {}), "dont_call_bfore": "2031-01-01"})
    assert "dont_call_bfore" in refused(reply)
    assert everything() == before


@pytest.mark.parametrize("path", ["campaigns/{}/start/", "lists/", "lists/{}/upload/", "suppression-lists/{}/numbers/"])
def test_a_post_refuses_a_query_parameter_that_it_does_not_know(api: APIClient, house: House, path: str) -> None:
    pk, body = ASKED[path](house)
    before = everything()
    assert "dry_rnu" in refused(api.post(f"{API}/{path.format(pk)}?dry_rnu=true", body))
    assert everything() == before


def test_an_act_takes_a_body_or_says_that_it_takes_none() -> None:
    shown = document_of()["paths"]
    takes = {path: "requestBody" in shown[_as_shown(path)]["post"] for path in posts()}
    says = {path: getattr(view, "initkwargs", {}).get("takes_body", True) for path, view in posts().items()}
    assert takes == says


def _as_shown(path: str) -> str:
    names = {"suppression-lists/{}/numbers": "list_id"}
    name = next((one for start, one in names.items() if path.startswith(start)), "id")
    return f"/api/v1/{path.replace('{}', '{' + name + '}')}"


@pytest.mark.parametrize(
    ("name", "nearest"), [("max_live_cals", "max_live_calls"), ("retry_rule", "retry_rules"), ("Name", "name")]
)
def test_the_nearest_known_field_is_named(api: APIClient, name: str, nearest: str) -> None:
    campaign = made.campaign()
    said = refused(api.patch(f"{API}/campaigns/{campaign.pk}/", {name: 3}))
    assert said == {name: f"There is no such field; did you mean `{nearest}`?"}


def test_a_field_like_no_other_is_refused_with_the_known_ones(api: APIClient) -> None:
    said = refused(api.post(f"{API}/lists/", {"name": "November", "colour": "red"}))
    assert said == {"colour": "There is no such field; known are: default_region, name."}
    assert not ContactList.objects.exists()


def test_unknown_and_wrong_fields_are_told_together(api: APIClient) -> None:
    account = made.account()
    said = refused(api.post(f"{API}/dids/", {"account": account.pk, "number": "12", "max_live_cals": 1}))
    assert said.keys() == {"number", "max_live_cals"}


def test_fields_of_objects_within_are_known_too(api: APIClient) -> None:
    campaign = made.campaign()
    windows = [{"opens": "10:00", "closes": "12:00"}, {"open": "10:00", "closes": "12:00"}]
    said = refused(api.patch(f"{API}/campaigns/{campaign.pk}/", {"windows": windows}))
    assert said == {"windows[1].open": "There is no such field; did you mean `opens`?"}


def test_what_is_read_only_cannot_be_set_but_sent_back_as_it_is(api: APIClient) -> None:
    campaign = made.campaign(state="RUNNING")
    path = f"{API}/campaigns/{campaign.pk}/"
    assert refused(api.patch(path, {"state": "STOPPED"})).keys() == {"state"}
    whole = api.get(path).json()
    assert api.patch(path, {**whole, "max_live_calls": 3}).status_code == 200
    assert api.get(path).json()["max_live_calls"] == 3
    assert refused(api.post(f"{API}/lists/", {"name": "New", "contacts": 4})).keys() == {"contacts"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("attempts/?campaign=", "campaign"),
        ("attempts/?outcome=BUSY&outcome=", "outcome"),
        ("attempts/?campaign=1&campaign=2", "campaign"),
        ("attempts/?is_live=perhaps", "is_live"),
        ("attempts/?page_size=0", "page_size"),
        ("attempts/?page_size=5000", "page_size"),
        ("attempts/?page_size=ten", "page_size"),
        ("attempts/?cursor=", "cursor"),
        ("attempts/?capmaign=1", "capmaign"),
        ("results/?afer=3", "afer"),
        ("results/?after=3&after=7", "after"),
        ("export/?campaign=1&form=csv&form=xlsx", "form"),
        ("switchboard/?x=1", "x"),
        ("providers/?page_size=3", "page_size"),
        ("limit-spans/totals/?campaign=1&froom=2", "froom"),
        ("did-groups/?account=1", "account"),
        ("failed-logins/?ip_address=here", "ip_address"),
    ],
)
def test_an_odd_query_is_refused(api: APIClient, query: str, field: str) -> None:
    assert field in refused(api.get(f"{API}/{query}"))


def test_one_object_takes_no_filter(api: APIClient) -> None:
    campaign = made.campaign()
    assert refused(api.get(f"{API}/campaigns/{campaign.pk}/?state=RUNNING")).keys() == {"state"}
    assert refused(api.delete(f"{API}/campaigns/{campaign.pk}/?force=true")).keys() == {"force"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_a_switch_is_not_turned_by_a_form(api: APIClient, kind: str) -> None:
    reply = api.generic("POST", f"{API}/switchboard/", '{"dialing_allowed": true}', content_type=kind)
    assert reply.status_code == 415
    assert not Switchboard.objects.filter(dialing_allowed=False).exists()


@pytest.mark.parametrize("path", ["dids/{}/", "templates/{}/", "suppression-lists/{}/"])
def test_a_change_refuses_what_it_does_not_know(api: APIClient, path: str) -> None:
    rows: dict[str, Callable[[], Any]] = {
        "dids/{}/": lambda: DID.objects.get(pk=made.campaign().dids.get().pk),
        "templates/{}/": lambda: CallTemplate.objects.create(**made.TEMPLATE),
        "suppression-lists/{}/": lambda: SuppressionList.objects.create(name="Never"),
    }
    assert refused(api.patch(API + "/" + path.format(rows[path]().pk), {"lable": "x"})).keys() == {"lable"}


def test_a_deletion_with_its_key_is_answered_again(api: APIClient) -> None:
    path = f"{API}/lists/{ContactList.objects.create(name='November').pk}/"
    key = {"Idempotency-Key": "gone-1"}
    assert api.delete(path, headers=key).status_code == 204
    again = api.delete(path, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (204, "true")
    assert api.delete(path).status_code == 404


def test_a_change_with_its_key_is_done_once(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November")
    path, key = f"{API}/lists/{contact_list.pk}/", {"Idempotency-Key": "k"}
    first = api.patch(path, {"name": "December"}, headers=key)
    ContactList.objects.update(name="January")
    again = api.patch(path, {"name": "December"}, headers=key)
    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (200, first.json(), "true")
    assert ContactList.objects.get().name == "January"
    assert api.delete(path, headers=key).json()["error"]["code"] == "idempotency_key_reused"
