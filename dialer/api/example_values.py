"""An example of every body and every answer of the document, made of its schema where nobody has written one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: By name of the field, where the kind alone would give nonsense.
BY_NAME = {
    "number": "+919812345678",
    "phone": "+919812345678",
    "numbers": ["+919812345678"],
    "address": "+919812345678",
    "region": "IN",
    "default_region": "IN",
    "time_zone": "Asia/Kolkata",
    "email": "asha@company.example",
    "name": "Renewals, November",
    "base_url": "https://provider.example/api",
    "url": "https://crm.example/hooks/dialer",
    "reason": "Asked by the customer",
    "filter": {"campaign": 7, "state": ["PENDING"]},
    "pattern": "98",
    "did": "+912234567890",
    "prefix": "+9174286",
}
BY_FORMAT = {
    "date-time": "2026-03-02T12:00:00Z",
    "date": "2026-03-02",
    "time": "10:00:00",
    "uuid": "5f0c5c0e-6b0a-4f43-9d3b-2f6a3f6f0b11",
    "uri": "https://dialer.example/api/v1/",
    "email": "asha@company.example",
    "decimal": "5.00",
    "binary": "",
    "ip": "203.0.113.7",
}
#: A schema that holds itself ends here.
DEEPEST = 8

Schema = Mapping[str, Any]


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with an example at every JSON body and answer; a hook of drf-spectacular."""
    components = result.get("components", {}).get("schemas", {})
    for operation in _operations(result):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                _add(media, components, is_request=True)
        for answer in operation["responses"].values():
            media = answer.get("content", {}).get("application/json")
            if media is not None:
                _add(media, components, is_request=False)
    return result


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (each for each in path.values() if isinstance(each, dict) and "responses" in each)


def _add(media: dict[str, Any], components: Schema, *, is_request: bool) -> None:
    if "example" not in media and "examples" not in media:
        media["example"] = value_of(media["schema"], components, is_request=is_request)


def value_of(schema: Schema, components: Schema, *, is_request: bool, name: str = "", depth: int = 0) -> Any:
    """Return a value that the schema allows; of a request without what is read only."""
    schema = _resolved(schema, components)
    if schema.get("pattern") and name in BY_NAME:
        return BY_NAME[name]
    if "example" in schema or "default" in schema:
        return schema.get("example", schema.get("default"))
    if "enum" in schema:
        return next((one for one in schema["enum"] if one not in ("", None)), schema["enum"][0])
    kind = schema.get("type")
    if name in BY_NAME and kind == _kind_of(BY_NAME[name]):
        return BY_NAME[name]
    if kind == "object" or "properties" in schema:
        return _object(schema, components, is_request=is_request, depth=depth)
    if kind == "array":
        item = schema.get("items", {})
        return (
            [] if depth > DEEPEST else [value_of(item, components, is_request=is_request, name=name, depth=depth + 1)]
        )
    return _plain(schema, kind, name)


def _resolved(schema: Schema, components: Schema) -> Schema:
    while True:
        if "$ref" in schema:
            schema = components[schema["$ref"].rpartition("/")[2]]
        elif joined := next((schema[word] for word in ("allOf", "oneOf", "anyOf") if word in schema), None):
            # A pattern that may be blank is two kinds in one: the blank one is no example.
            schema = next((one for one in joined if one.get("maxLength") != 0), joined[0])
        else:
            return schema


def _object(schema: Schema, components: Schema, *, is_request: bool, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {}
    found = {
        name: value_of(one, components, is_request=is_request, name=name, depth=depth + 1)
        for name, one in schema.get("properties", {}).items()
        if not (one.get("readOnly") if is_request else one.get("writeOnly"))
    }
    more = schema.get("additionalProperties")
    if not found and isinstance(more, dict) and more:
        found["name"] = value_of(more, components, is_request=is_request, name="value", depth=depth + 1)
    return found


def _plain(schema: Schema, kind: Any, name: str) -> Any:
    if kind == "integer":
        return max(1, int(schema.get("minimum", 1)))
    if kind == "number":
        return max(1.0, float(schema.get("minimum", 1.0)))
    if kind == "boolean":
        return True
    if kind == "string":
        return BY_FORMAT.get(
            schema.get("format", ""), name.replace("_", " ").capitalize()[: schema.get("maxLength", 99)]
        )
    return name or "value"


def _kind_of(value: Any) -> str:
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "string"
