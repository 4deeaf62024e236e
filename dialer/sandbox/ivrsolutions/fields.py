"""The fields of a request, wherever they are: query, JSON, multipart or urlencoded body."""

from __future__ import annotations

from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web


class BadBody(ValueError):
    """The body cannot be read as what its content type says."""


def fields_of(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """Return query and body as one mapping, without empty values; raises BadBody."""
    found: dict[str, Any] = dict(request.query)
    found.update(_body_fields(request.headers.get("Content-Type", ""), body))
    return {name: value for name, value in found.items() if value is not None and value != ""}


def _body_fields(content_type: str, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    if content_type.startswith("multipart/form-data"):
        return _multipart(content_type, body)
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBody("Body must be JSON") from error
    if not isinstance(data, dict):
        raise BadBody("Body must be a JSON object")
    return data


def _multipart(content_type: str, body: bytes) -> dict[str, str]:
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if not message.is_multipart():
        raise BadBody("Body must be multipart/form-data")
    found: dict[str, str] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            found[name] = value.decode("utf-8", "replace").removesuffix("\r\n")
    return found
