"""How deep JSON may be nested, how many values it may hold, and whole numbers of any length.

The first two are judged on its text, before anything is made of it: a reader that calls itself for each level breaks
off at about a thousand, and an empty list of two bytes takes 56 when it is read. So what others wrote is judged here
first. Pure.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

#: No provider, and nobody who writes a template, nests deeper than a tenth of this.
MOST_DEPTH = 64
#: Of one push. A transcript of an hour has some ten thousand.
MOST_VALUES = 100_000
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
TOO_DEEP = f"The JSON is nested more than {MOST_DEPTH} levels deep."


def is_too_deep(text: bytes | str, *, most_depth: int = MOST_DEPTH) -> bool:
    """Return whether JSON is nested deeper than `most_depth`, in time that grows with its length only.

    Of text that is no JSON the answer is True where a reader might go as deep before it finds out.
    """
    body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if _opened(body) <= most_depth:
        return False
    left = _STRING.sub(b"", body).translate(_ONE_KIND, _OTHERS)
    for _ in range(most_depth):  # the innermost level goes at each turn
        inner = left.replace(b"[]", b"")
        if len(inner) == len(left):
            return _opened(left) > most_depth
        left = inner
    return _opened(left) > 0


def has_too_many_values(body: bytes, *, most_values: int = MOST_VALUES) -> bool:
    """Return whether JSON may hold more than `most_values`: commas and brackets in its texts count as well."""
    return body.count(b",") + _opened(body) > most_values


def dumped(value: Any, *, option: int = 0) -> bytes:
    """Return a value as JSON, whatever is stored in it: PostgreSQL gives 1e30 back as a whole number of 31 digits.

    ``option``: orjson's. Raises TypeError for what is no JSON.
    """
    try:
        return orjson.dumps(value, option=option)
    except TypeError:  # a whole number beyond 64 bits, which orjson does not write, or another fault, which comes again
        return orjson.dumps(_written_out(value), option=option)


def _written_out(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written_out(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_written_out(one) for one in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    return value


def _opened(body: bytes) -> int:
    return body.count(b"[") + body.count(b"{")
