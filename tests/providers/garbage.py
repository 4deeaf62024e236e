"""Hostile and broken bodies: what proxies, outages and attackers send in a provider's name."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

#: Bodies that are no JSON object at all, or one that says nothing.
BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "html": b"<!doctype html><title>502 Bad Gateway</title>",
    "truncated": b'{"status":"ok","call_id":"abc',
    "list": b'[{"status":"ok","call_id":"abc","id":"abc"}]',
    "string": b'"ok"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "empty object": b"{}",
    "not utf-8": b'{"status":"\xff\xfe"}',
    "utf-16": '{"status":"ok","call_id":"a","id":"a"}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"status":"ok"}',
    "nan": b'{"call_id":NaN,"id":NaN}',
    "wrong types": b'{"status":["ok"],"success":"yes","call_id":{"a":1},"id":[1],"uuid":false,"data":7}',
    "blank id": b'{"status":"ok","success":1,"call_id":" ","id":""}',
    "null id": b'{"status":"success","error":"none","success":null,"call_id":null,"id":null}',
    "deep": b'{"detail":' * 900 + b"1" + b"}" * 900,
    "too deep": b"[" * 100_000,
    "one megabyte": b'{"call_id":"' + b"a" * 1_000_000 + b'","id":"' + b"b" * 1_000_000 + b'"}',
    "one megabyte of html": b"<p>" * 350_000,
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", " ", "\x00", "0", "-1", "1e400", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+23:59", "9" * 400]
    )
    | st.sampled_from(
        [1e308, -1e308, 1_780_000_000, 1_780_000_000_000, "99:99:99", "::", "٣٤", "ok", "success", "ANSWER"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutations(draw: st.DrawFn, body: bytes) -> bytes:
    """Return ``body`` with some values replaced, keys removed or bytes cut: near to real, and wrong."""
    if draw(st.integers(0, 9)) == 0:
        return body[: draw(st.integers(0, len(body)))]
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body + draw(st.binary(max_size=8))
    for _ in range(draw(st.integers(1, 4))):
        value = _mutated(draw, value)
    return orjson.dumps(value)


def _mutated(draw: st.DrawFn, value: Any) -> Any:
    children: list[Any] = (
        sorted(value) if isinstance(value, dict) else list(range(len(value) if isinstance(value, list) else 0))
    )
    if not children or draw(st.integers(0, 4)) == 0:
        return draw(json_values)
    key = draw(st.sampled_from(children))
    changed = value.copy()
    if draw(st.integers(0, 4)) == 0:
        del changed[key]
    else:
        changed[key] = _mutated(draw, value[key])
    return changed
