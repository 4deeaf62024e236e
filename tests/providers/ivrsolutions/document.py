"""The judge: IVR Solutions public OpenAPI 3.0.3 document (``openapi.json``), as published at api.ivrsolutions.in."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from openapi_schema_validator import OAS30Validator

from dialer.providers.base import AccountConfig, ProviderReply, ProviderRequest

DOCUMENT: Mapping[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text())
TOKEN = "ivr_test_0123456789abcdef"
ACCOUNT = AccountConfig(
    base_url="https://api.ivrsolutions.in", credentials={"api_key": TOKEN}, time_zone="Asia/Kolkata"
)
OK_WITHOUT_EXAMPLE = {"status": True, "message": "Operation completed successfully", "data": {}}


@dataclass(frozen=True, kw_only=True)
class Documented:
    """One operation of the document."""

    operation_id: str
    method: str
    path: str
    spec: Mapping[str, Any]

    def __str__(self) -> str:
        return self.operation_id

    @property
    def media(self) -> tuple[str, Mapping[str, Any]] | None:
        """The content type and media object of the request body, or None where there is none."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return next(iter(content.items()), None)

    @property
    def query(self) -> Mapping[str, Any]:
        return {item["name"]: item for item in self.spec.get("parameters", ()) if item["in"] == "query"}

    @property
    def request_example(self) -> dict[str, Any]:
        """The example of the body, or of the query, without what the document leaves null and without the token."""
        found = (
            self.media[1]["example"]
            if self.media
            else {name: item["example"] for name, item in self.query.items() if "example" in item}
        )
        return {name: value for name, value in found.items() if value is not None and name != "token"}

    def replies(self) -> Iterator[ProviderReply]:
        """The documented replies that have a body; a success without an example is the schema's own."""
        for status, response in self.spec["responses"].items():
            for media in response.get("content", {}).values():
                bodies = [item["value"] for item in media.get("examples", {}).values()]
                bodies += [media["example"]] if "example" in media else []
                if not bodies:
                    bodies = [OK_WITHOUT_EXAMPLE if status == "200" else {"status": False, "message": "Error"}]
                yield from (ProviderReply(status=int(status), body=orjson.dumps(body)) for body in bodies)


OPERATIONS = [
    Documented(operation_id=spec["operationId"], method=method.upper(), path=path, spec=spec)
    for path, methods in DOCUMENT["paths"].items()
    for method, spec in methods.items()
]


def named(operation_id: str) -> Documented:
    """Return the operation of that name."""
    return next(item for item in OPERATIONS if item.operation_id == operation_id)


def sent_fields(request: ProviderRequest) -> dict[str, Any]:
    """Return the fields of a request by its own content type: JSON, multipart form, or query."""
    content_type = request.headers.get("content-type", "")
    if content_type == "application/json":
        return dict(orjson.loads(request.body))
    if content_type.startswith("multipart/form-data"):
        raw = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + request.body
        parts = email.message_from_bytes(raw, policy=email.policy.HTTP).iter_parts()
        return {str(part.get_param("name", header="content-disposition")): part.get_content().strip() for part in parts}
    assert not request.body
    return dict(parse_qsl(urlsplit(request.url(ACCOUNT.base_url)).query))


def check(request: ProviderRequest, operation: Documented) -> None:
    """Fail unless the document allows ``request`` for ``operation``."""
    assert (request.method, request.path) == (operation.method, operation.path)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    fields = sent_fields(request)
    if operation.media is None:
        assert "content-type" not in request.headers
        needed = {name for name, item in operation.query.items() if item.get("required")} - {"token"}
        assert needed <= set(fields) <= set(operation.query) - {"token"}
        return
    content_type, media = operation.media
    assert request.headers["content-type"].split(";")[0] == content_type
    OAS30Validator(media["schema"]).validate(fields)
    unknown = set(fields) - set(media["schema"]["properties"])
    assert not unknown, f"fields that the document does not have: {unknown}"
