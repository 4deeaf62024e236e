"""Every operation of the provider's OpenAPI document is answered with a reply of the shape that the document gives."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, wait_for
from tests.sandbox.carrier import Account

DOCUMENT = json.loads((Path(__file__).parents[1] / "providers/ivrsolutions/openapi.json").read_text())
#: Where the document's example names a thing that the test makes under another name, or a value that it cannot repeat.
OTHERWISE: dict[str, dict[str, Any]] = {
    "/api/create_text_template": {"template_name": "another_template"},
    "/api/edit_text_dialer": {"id": 101},
    "/api/update_call_note": {"record_id": "1", "call_type": "outgoing"},
    "/api/call_logs": {"from_date": "2024-12-01", "to_date": "2099-12-31"},
    "/api/click_connect_logs": {"did": "+911143104567", "from_date": "2024-12-01", "to_date": "2099-12-31"},
}
#: Fields that name a call by the id that its reply gave.
CALL_ID = {"/v1/add_note": "sip_call_id"}
SCHEDULE = ("schedule_datetime", "timezone")
# "data: object", yet "list endpoints return the records under a data array": both are right.
TYPES: dict[str, Any] = {"integer": int, "string": str, "boolean": bool, "object": (dict, list), "array": list}


def resolved(node: Any) -> Any:
    """Return a part of the document with its references replaced."""
    if isinstance(node, dict):
        if "$ref" in node:
            found = DOCUMENT
            for key in node["$ref"].split("/")[1:]:
                found = found[key]
            return resolved(found)
        return {key: resolved(part) for key, part in node.items()}
    return [resolved(part) for part in node] if isinstance(node, list) else node


OPERATIONS = [
    pytest.param(method.upper(), path, resolved(item), id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, item in methods.items()
]


@pytest.fixture
def account(sandbox: SandboxClient, http: httpx.Client) -> Account:
    """An account with one ended call of each category, a live masked call, a dialer with a number, and a contact."""
    account = Account(sandbox, http, "ivrsolutions")
    account.place("9876543210")
    did = "+911143104567"
    account.post("/api/c2c_post", {"did": did, "ext_no": "2101", "phone": "09876543210"})
    account.post("/api/click_connect", {"first_phone": "+919876543200", "second_phone": "+919876543216", "did": did})
    dialer = {"name": "A", "did_no": did, "no_of_call": 1, "start_time": "00:00", "end_time": "23:59"}
    account.post("/api/create_text_dialer", {**dialer, "text_template_id": 101})
    account.post("/api/add_to_ivrdialer", {"dialerid": 101, "number": "09876543216"})
    account.post("/api/change_dialer_status", {"dialerid": 101, "status": "on"})
    account.post("/api/create_customerlist", {"listname": "December Leads"})
    account.post("/api/add_contact", {"name": "John Doe", "number": "09876543210"})
    wait_for(lambda: len(sandbox.ledger()) == 4)
    sandbox.wait_idle()
    sandbox.change("ivrsolutions", "acme", talk_seconds=[5000, 5000], suffixes=False)
    parties = {"first_phone": "+919876543210", "second_phone": "+919123456789"}
    account.post("/api/click_connect", {**parties, "did": did})
    return account


def send(account: Account, method: str, path: str, item: dict[str, Any]) -> httpx.Response:
    """Send the request of the document's example, for now instead of for its schedule."""
    values = {"did": "+911143104567", "ext_no": "2101", "phone": "09876543210"}
    wanted = [parameter["name"] for parameter in item.get("parameters", ())]
    query = {name: values[name] for name in wanted if name in values}
    content: dict[str, Any] = item.get("requestBody", {}).get("content", {"application/json": {}})
    ((kind, body),) = content.items()
    properties = body.get("schema", {}).get("properties", {})
    fields = {name: part["example"] for name, part in properties.items() if "example" in part}
    fields |= OTHERWISE.get(path, {})
    if path in CALL_ID:
        fields[CALL_ID[path]] = account.sandbox.ledger()[0]["external_id"]
    fields = {name: value for name, value in fields.items() if value is not None and name not in SCHEDULE}
    fields |= {"token": "sandbox-key"} if "token" in fields else {}
    url = f"{account.base_url}{path}"
    if kind == "multipart/form-data":
        files = {name: (None, value) for name, value in fields.items()}
        return account.http.request(method, url, params=query, files=files, headers=account.headers)
    json_body = fields if method == "POST" else None
    return account.http.request(method, url, params=query, headers=account.headers, json=json_body)


def assert_alike(given: Any, example: Any, where: str) -> None:
    """Assert that ``given`` has the keys and kinds of ``example``, and lists of the same kind of thing."""
    if isinstance(example, dict):
        assert isinstance(given, dict), where
        assert set(example) <= set(given), f"{where}: {set(example) - set(given)} is missing"
        for key, part in example.items():
            assert_alike(given[key], part, f"{where}.{key}")
    elif isinstance(example, list):
        assert isinstance(given, list), where
        assert given, f"{where} is empty"
        for part in given:
            assert_alike(part, example[0], where)
    else:
        assert type(given) is type(example), f"{where}: {given!r} is not like {example!r}"


@pytest.mark.parametrize(("method", "path", "item"), OPERATIONS)
def test_the_reply_has_the_shape_of_the_document(
    account: Account, method: str, path: str, item: dict[str, Any]
) -> None:
    reply = send(account, method, path, item)
    assert reply.status_code == 200, reply.text
    content = item["responses"]["200"]["content"]["application/json"]
    for name, part in content.get("schema", {}).get("properties", {}).items():
        if name in reply.json():
            assert isinstance(reply.json()[name], TYPES[part["type"]]), name
            continue
        assert name == "data", f"{name} is missing"
    variants = {name: variant["value"] for name, variant in content.get("examples", {}).items()}
    example = content.get("example") or next(iter(variants.values()), None)
    if example is not None:
        assert_alike(reply.json(), example, path)


@pytest.mark.parametrize(("method", "path", "item"), OPERATIONS)
def test_every_operation_wants_the_token(account: Account, method: str, path: str, item: dict[str, Any]) -> None:
    del item
    before = len(account.sandbox.ledger())
    reply = account.http.request(method, f"{account.base_url}{path}", headers={"Authorization": "Bearer wrong"})
    assert reply.status_code == 401
    assert reply.json()["status"] in (False, 401)
    assert all(row["rang_at"] is None for row in account.sandbox.ledger()[before:])


def test_the_document_has_66_operations() -> None:
    assert len(OPERATIONS) == 66
