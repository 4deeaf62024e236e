"""Every error has the one shape, whatever went wrong and wherever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from campaigns.models import CallTemplate, Campaign, ContactList, Lead
from dialer.api import errors
from dialer.api.flattening import flatten
from dialer.models import DID, ProviderAccount
from tests.api import made
from tests.api.conftest import API, ClientFor, with_token
from tests.sources import PROJECT

pytestmark = pytest.mark.django_db


#: Errors with a code of their own, as the code raises them; the argument of a call may hold calls.
WITH_CODE = re.compile(
    r'\b(?:Conflict|UnableToOperate|Refused|Gone|APIException)\((?:[^()]|\([^()]*\))*?code="(\w+)"', re.DOTALL
)


def test_every_code_is_in_the_table_of_errors() -> None:
    """A program acts by the code: one that the page does not name is met in production first."""
    table = (PROJECT / "docs" / "api.md").read_text().partition("\n## Errors\n")[2].partition("\n## ")[0]
    modules = [path for app in ("campaigns", "dialer", "webhooks") for path in (PROJECT / app).rglob("*.py")]
    codes = {code for path in modules for code in WITH_CODE.findall(path.read_text())}
    assert {"feed_removed", "not_permitted", "import_failed"} <= codes
    assert sorted(code for code in codes if f"`{code}`" not in table) == []


def error_of(reply: Any, status: int) -> dict[str, Any]:
    """Return the error of a reply, whose shape is asserted."""
    assert reply.status_code == status, reply.content
    assert reply.headers["Content-Type"].startswith("application/json")
    body = json.loads(reply.content)
    assert list(body) == ["error"]
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["message"]
    for field in body["error"]["fields"]:
        assert set(field) == {"field", "row", "message"}
    error: dict[str, Any] = body["error"]
    return error


def test_nobody_gets_in_without_a_token() -> None:
    reply = APIClient().get(f"{API}/accounts/")
    assert error_of(reply, 401)["code"] == "not_authenticated"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_token_is_refused() -> None:
    reply = APIClient().get(f"{API}/accounts/", HTTP_AUTHORIZATION="Token nonsense")
    assert error_of(reply, 401)["code"] == "authentication_failed"


def test_a_user_without_the_permission_is_refused(client_for: ClientFor) -> None:
    assert error_of(client_for().get(f"{API}/accounts/"), 403)["code"] == "permission_denied"


@pytest.mark.parametrize("path", ["/campaigns/999/", "/campaigns/abc/", f"/campaigns/{10**30}/", "/nothing/", "/lists"])
def test_what_is_not_there_is_said_in_the_same_shape(api: APIClient, path: str) -> None:
    assert error_of(api.get(API + path), 404)["code"] == "not_found"


def test_a_body_that_is_no_json_is_refused(api: APIClient) -> None:
    reply = api.generic("POST", f"{API}/lists/", "{", content_type="application/json")
    assert error_of(reply, 400)["code"] == "parse_error"


def test_a_media_type_that_is_not_known_is_refused(api: APIClient) -> None:
    reply = api.generic("POST", f"{API}/lists/", "x", content_type="application/xml")
    assert error_of(reply, 415)["code"] == "unsupported_media_type"


def test_a_method_that_is_not_known_is_refused(api: APIClient) -> None:
    assert error_of(api.put(f"{API}/lists/"), 405)["code"] == "method_not_allowed"


def test_a_json_body_beyond_the_limit_is_refused_before_it_is_read(api: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    reply = api.post(f"{API}/lists/", {"name": "x" * 200})
    assert error_of(reply, 413)["code"] == "too_large"


def test_a_missing_field_and_a_wrong_one_are_both_named(api: APIClient) -> None:
    error = error_of(api.post(f"{API}/dids/", {"number": "12", "max_live_calls": 0}), 400)
    assert error["code"] == "invalid"
    assert {field["field"] for field in error["fields"]} == {"account", "number", "max_live_calls"}


def test_what_the_model_refuses_the_api_refuses(api: APIClient) -> None:
    campaign = made.campaign()
    reply = api.patch(f"{API}/campaigns/{campaign.pk}/", {"window_opens": "09:00", "window_closes": "09:00"})
    assert [field["field"] for field in error_of(reply, 400)["fields"]] == ["window_closes"]
    campaign.refresh_from_db()
    assert campaign.window_opens != campaign.window_closes


def test_a_template_of_another_provider_is_refused_by_field(api: APIClient) -> None:
    body = {**made.TEMPLATE, "action": "SPEAK_TEXT"}
    assert [field["field"] for field in error_of(api.post(f"{API}/templates/", body), 400)["fields"]] == ["action"]


def test_an_action_that_the_provider_cannot_do_is_refused_with_the_reason_when_the_campaign_is_saved(
    api: APIClient,
) -> None:
    campaign = made.campaign()
    CallTemplate.objects.filter(pk=campaign.template_id).update(action="SPEAK_TEXT")
    error = error_of(api.patch(f"{API}/campaigns/{campaign.pk}/", {"max_attempts": 2}), 400)
    assert [field["field"] for field in error["fields"]] == ["template"]
    assert "VoxCore cannot do SPEAK_TEXT; it can do: VOICE_BOT" in str(error)


def test_a_name_that_is_taken_is_refused_by_field(api: APIClient) -> None:
    ContactList.objects.create(name="November")
    error = error_of(api.post(f"{API}/lists/", {"name": "November"}), 400)
    assert [field["field"] for field in error["fields"]] == ["name"]


def test_a_number_twice_in_an_account_is_refused(api: APIClient) -> None:
    account = made.account()
    DID.objects.create(account=account, number="+912234567890")
    error = error_of(api.post(f"{API}/dids/", {"account": account.pk, "number": "+912234567890"}), 400)
    assert error["code"] == "invalid"


def test_an_unknown_query_parameter_is_refused_and_the_known_ones_are_named(api: APIClient) -> None:
    error = error_of(api.get(f"{API}/attempts/?capmaign=1"), 400)
    assert error["fields"][0]["field"] == "capmaign"
    assert "campaign" in error["fields"][0]["message"]


@pytest.mark.parametrize(
    "query",
    ["state=NO", "ended_after=yesterday", "campaign=x", "ordering=number", "reference=1", "did=-"],
)
def test_a_wrong_value_of_a_filter_is_refused(api: APIClient, query: str) -> None:
    assert error_of(api.get(f"{API}/attempts/?{query}"), 400)["fields"]


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "%00"])
def test_a_cursor_that_we_did_not_make_is_refused(api: APIClient, cursor: str) -> None:
    error_of(api.get(f"{API}/attempts/?cursor={cursor}"), 404)


def test_a_nul_character_is_refused_and_not_a_failure(api: APIClient) -> None:
    contact_list = ContactList.objects.create(name="November")
    body = {"contact_list": contact_list.pk, "number": "+919812345678", "variables": {"a": "x\u0000y"}}
    assert error_of(api.post(f"{API}/contacts/", body), 400)["code"] == "invalid"


def test_what_others_need_is_not_deleted(api: APIClient) -> None:
    campaign = made.campaign()
    error = error_of(api.delete(f"{API}/accounts/{campaign.account_id}/"), 409)
    assert error["code"] == "in_use"
    assert "campaigns" in error["message"]


def test_a_started_campaign_is_not_deleted(api: APIClient) -> None:
    campaign = made.campaign(state="RUNNING")
    assert error_of(api.delete(f"{API}/campaigns/{campaign.pk}/"), 409)["code"] == "wrong_state"
    assert Campaign.objects.filter(pk=campaign.pk).exists()


def test_an_operation_that_does_not_fit_the_state_is_a_conflict(api: APIClient) -> None:
    error = error_of(api.post(f"{API}/campaigns/{made.campaign().pk}/pause/"), 409)
    assert error["code"] == "wrong_state"
    assert error["message"] == error["fields"][0]["message"]


def test_everything_that_keeps_a_campaign_from_starting_is_listed(api: APIClient) -> None:
    campaign = made.campaign()
    campaign.dids.clear()
    ProviderAccount.objects.update(is_active=False)
    error = error_of(api.post(f"{API}/campaigns/{campaign.pk}/start/"), 409)
    assert error["code"] == "not_ready"
    assert len(error["fields"]) == 2


@transaction.atomic
def add_the_lead_again() -> None:
    lead = made.lead(made.campaign(), number="+919812345678")
    Lead.objects.create(campaign=lead.campaign, contact=lead.contact, number=lead.number)


@transaction.atomic
def take_the_weight_away() -> None:
    made.campaign()
    Campaign.objects.update(weight=0)


def broken_constraint(breaking: Callable[[], None]) -> dict[str, Any]:
    """Break a constraint of the database behind the API's checks and return what the API would say of it."""
    with pytest.raises(IntegrityError) as caught:
        breaking()
    reply = errors.handle(caught.value, {})
    assert reply.status_code == 400
    error: dict[str, Any] = reply.data["error"]
    return error


def test_a_race_that_only_the_database_sees_is_told_by_field_and_without_values() -> None:
    error = broken_constraint(add_the_lead_again)
    assert error["fields"] == [
        {"field": "number", "row": None, "message": "There is a lead with this campaign, number already."}
    ]
    assert "98123" not in json.dumps(error)


def test_a_broken_check_of_the_database_is_told_as_its_sentence() -> None:
    assert "Campaign weight at least one" in broken_constraint(take_the_weight_away)["message"]


def test_a_failure_tells_nothing_but_where_to_look(caplog: pytest.LogCaptureFixture) -> None:
    error = errors.handle(RuntimeError("secret of +919812345678"), {}).data["error"]
    assert error["code"] == "internal_error"
    assert "98123" not in json.dumps(error) + caplog.text
    assert error["message"].split()[-1].rstrip(".") in caplog.text


def test_credentials_that_cannot_be_decrypted_are_said_so(settings: Any) -> None:
    account = ProviderAccount.objects.create(
        name="Read no more", provider="ivrsolutions", base_url="http://127.0.0.1:9", credentials={"api_key": "k"}
    )
    settings.DIALER_ENCRYPTION_KEYS = ["another key than it was written with"]
    client = with_token(User.objects.create_superuser("other"))
    assert client.get(f"{API}/accounts/").status_code == 200
    assert error_of(client.get(f"{API}/accounts/{account.pk}/number-regions/"), 500)["code"] == "undecryptable"


@given(
    st.recursive(
        st.text(min_size=1, max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_flattening_keeps_every_sentence(detail: Any) -> None:
    def sentences(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in sentences(inner)]
        if isinstance(value, list):
            return [text for inner in value for text in sentences(inner)]
        return [value]

    assert [found.message for found in flatten(detail)] == sentences(detail)


def test_rows_are_counted_from_one_for_people() -> None:
    found = flatten({"rows": [{}, {"phone": ["Too short."]}]})
    assert [entry.as_json() for entry in found] == [{"field": "rows[1].phone", "row": 2, "message": "Too short."}]


def test_an_act_on_many_is_no_row_of_its_name(api: APIClient) -> None:
    reply = api.delete(f"{API}/campaigns/stop/", {"filter": {"campaign": 7}})
    assert error_of(reply, 405)["code"] == "method_not_allowed"
    assert error_of(api.get(f"{API}/campaigns/first/"), 404)["code"] == "not_found"


def test_a_method_that_there_is_not_is_answered_so_whatever_was_sent(api: APIClient) -> None:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    asked = 0
    for path, operations in document["paths"].items():
        address = re.sub(r"\{\w+\}", "999999999", path)
        for method in {"get", "post", "put", "patch", "delete"} - set(operations):
            reply = api.generic(method.upper(), f"{address}?fields=", HTTP_IF_NONE_MATCH="")
            assert reply.status_code == 405, (method, path, reply.content[:200])
            asked += 1
    assert asked > 300
