"""Ways in which a JSON object arrives damaged or wrapped, each applied to whole bytes: what a result must survive."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

Damage = Callable[[bytes], bytes]


def _object_with(body: bytes, first: str) -> bytes:
    """Return the object with another member before its own."""
    return b"{" + first.encode() + b"," + body.lstrip()[1:]


def _last_commas(body: bytes) -> bytes:
    """Return the object with a comma before each closing bracket that follows a value."""
    return _spelt(json.loads(body)).encode()


def _spelt(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{" + "".join(f"{json.dumps(key)}:{_spelt(item)} ,\n" for key, item in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + "".join(f"{_spelt(item)}," for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


#: The object is whole in all of these, and says the same as before.
WRAPPED: dict[str, Damage] = {
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "utf-16 with mark": lambda body: body.decode().encode("utf-16"),
    "utf-16 little": lambda body: body.decode().encode("utf-16-le"),
    "utf-16 big": lambda body: body.decode().encode("utf-16-be"),
    "utf-32": lambda body: body.decode().encode("utf-32"),
    "gzip": gzip.compress,
    "stray bytes": lambda body: b'{"remark":"se\xf1or \xff\xfe \xc3",' + body.lstrip()[1:],
    "control characters": lambda body: _object_with(body, '"remark":"one\ntwo\tthree\x01\x00"'),
    "half a character": lambda body: _object_with(body, '"remark":"\\ud83d"'),
    "no escape": lambda body: _object_with(body, r'"remark":"C:\dir \'x\'"'),
    "unescaped quotes": lambda body: _object_with(body, '"remark":"she said "no way" to it"'),
    "a number as no JSON": lambda body: _object_with(body, '"rate":.5,"sum":+1,"code":007'),
    "nan": lambda body: _object_with(body, '"rate":NaN,"sum":-Infinity,"most":1e999'),
    "no value": lambda body: _object_with(body, '"rate":,"sum":undefined'),
    "large numbers": lambda body: _object_with(body, '"rate":' + "9" * 400),
    "trailing commas": _last_commas,
    "python's words": lambda body: _object_with(body, "'a': True, 'b': None, c: False"),
    "comments": lambda body: b"{ // from the bridge\n /* v2 */" + body.lstrip()[1:],
    "junk before": lambda body: b"<br />\n<b>Warning</b>: mysql_connect() in <b>push.php</b>\n" + _strict(body),
    "a guard before": lambda body: b")]}',\n" + body,
    "callback": lambda body: b"callback(" + _strict(body) + b");",
    "junk after": lambda body: body + b"\r\n<!-- 0.01 s -->",
    "twice": lambda body: body + b"\n" + body,
    "percent": lambda body: quote(body).encode(),
    "form field": lambda body: urlencode({"payload": body.decode()}).encode(),
    "form among others": lambda body: urlencode({"v": "2", "data_json": body.decode()}).encode(),
    "curl": lambda body: body + b"=",
    "in a string": lambda body: json.dumps(body.decode()).encode(),
    "in a string in a string": lambda body: json.dumps(json.dumps(body.decode())).encode(),
}


def _strict(body: bytes) -> bytes:
    return json.dumps(json.loads(body)).encode()


each_wrapping = st.sampled_from(sorted(WRAPPED))
