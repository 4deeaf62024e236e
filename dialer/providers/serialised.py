"""A JSON body as other serialisers write it, for signatures that were made over the sender's own writing of it.

A proxy or a framework between reads the body and writes it anew; the signature then fits what was written before.
JavaScript: ECMA-262, JSON.stringify and Number::toString. PHP: json_encode, php_gcvt with 17 digits. Python: json.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

#: No body is written in more ways than this; each is one digest.
MOST_WRITINGS = 24
#: A longer body is compared as it came, and in the one writing that is cheap.
LONGEST_BYTES = 512 * 1024

_HALF = re.compile("[\ud800-\udfff]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_PHP_LARGEST = 2**63


class Digits(str):
    """A number as its digits stood in the body."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a serialiser writes. ``is_array``: PHP reads objects into arrays, so that an empty one becomes a list."""

    number: Callable[[str], str]
    escapes_beyond_ascii: bool = False
    escapes_slash: bool = False
    is_spaced: bool = False
    orders_indexes: bool = False
    is_array: bool = False


def writings(body: bytes) -> Iterator[bytes]:
    """Yield the body as it came, then each other way in which its sender may have written it, none of them twice."""
    yield body
    seen = {body}
    for written in _written(body):
        if written not in seen:
            seen.add(written)
            yield written
        if len(seen) >= MOST_WRITINGS:
            return


def _written(body: bytes) -> Iterator[bytes]:
    with contextlib.suppress(ValueError, TypeError):
        yield orjson.dumps(orjson.loads(body))
    if len(body) > LONGEST_BYTES:
        return
    try:
        value = json.loads(body, parse_int=Digits, parse_float=Digits, parse_constant=Digits)
        for writing in WRITINGS:
            yield _text(value, writing).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # no JSON, or nested to exhaust the stack
        return


def as_given(digits: str) -> str:
    """Return a number as it stood."""
    return digits


def javascript(digits: str) -> str:
    """Return a number as ``Number::toString`` writes it: 1.0 as 1, 1e21 as 1e+21, at most 17 digits."""
    value = float(digits)
    if not math.isfinite(value):
        return "null"
    sign, mantissa, point = _shortest(value)
    if not mantissa:
        return "0"
    count = len(mantissa)
    if count <= point <= 21:
        return f"{sign}{mantissa}{'0' * (point - count)}"
    if 0 < point <= 21:
        return f"{sign}{mantissa[:point]}.{mantissa[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{mantissa}"
    rest = f".{mantissa[1:]}" if count > 1 else ""
    return f"{sign}{mantissa[0]}{rest}e{point - 1:+d}"


def php(digits: str) -> str:
    """Return a number as ``json_encode`` writes it: 64-bit integers as they are, 1.0 as 1.0e+21 beyond 17 digits."""
    if digits.lstrip("-").isdigit() and -_PHP_LARGEST <= int(digits[:25]) < _PHP_LARGEST and digits != "-0":
        return digits
    value = float(digits)
    sign, mantissa, point = _shortest(value)
    if not math.isfinite(value) or not mantissa:
        return f"{sign}0" if math.isfinite(value) else "0"
    count = len(mantissa)
    if point > 17 or point < -3:
        return f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}e{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{mantissa}"
    if count <= point:
        return f"{sign}{mantissa}{'0' * (point - count)}"
    return f"{sign}{mantissa[:point]}.{mantissa[point:]}"


def python(digits: str) -> str:
    """Return a number as Python writes it."""
    if digits.lstrip("-").isdigit():
        return digits.replace("-0", "0") if digits == "-0" else digits
    return repr(float(digits))


def _shortest(value: float) -> tuple[str, str, int]:
    """Return sign, shortest digits and the place of the point after which they stand: 0.digits times ten to it."""
    if not math.isfinite(value):
        return "", "", 0
    sign = "-" if math.copysign(1, value) < 0 else ""
    text = repr(abs(value))
    mantissa, _, exponent = text.partition("e")
    before, _, after = mantissa.partition(".")
    after = after if after != "0" else ""
    digits = (before + after).lstrip("0")
    point = len(before) + int(exponent or 0) - (len(before + after) - len(digits))
    return sign, digits.rstrip("0"), point


#: From the likeliest on. The documents of all three signing providers say compact, and say no more.
WRITINGS = (
    Writing(number=javascript, orders_indexes=True),
    Writing(number=as_given),
    Writing(number=php, escapes_beyond_ascii=True, escapes_slash=True),
    Writing(number=php, escapes_beyond_ascii=True, escapes_slash=True, is_array=True),
    Writing(number=php),
    Writing(number=php, is_array=True),
    Writing(number=php, escapes_slash=True),
    Writing(number=php, escapes_beyond_ascii=True),
    Writing(number=python, escapes_beyond_ascii=True),
    Writing(number=python),
    Writing(number=javascript, escapes_beyond_ascii=True, orders_indexes=True),
    Writing(number=as_given, escapes_beyond_ascii=True),
    Writing(number=as_given, escapes_slash=True),
    Writing(number=as_given, escapes_beyond_ascii=True, escapes_slash=True),
    Writing(number=javascript, escapes_slash=True, orders_indexes=True),
    Writing(number=javascript, escapes_beyond_ascii=True, escapes_slash=True, orders_indexes=True),
    Writing(number=python, escapes_beyond_ascii=True, is_spaced=True),
    Writing(number=python, is_spaced=True),
)


def _text(value: Any, writing: Writing) -> str:
    if isinstance(value, Digits):
        return writing.number(value)
    if isinstance(value, str):
        return _string(value, writing)
    if isinstance(value, dict):
        return _object(value, writing)
    if isinstance(value, list):
        return "[" + _comma(writing).join(_text(item, writing) for item in value) + "]"
    return {None: "null", True: "true", False: "false"}[value]


def _object(value: Mapping[str, Any], writing: Writing) -> str:
    names = list(value)
    if writing.is_array and names == [str(n) for n in range(len(names))]:
        return _text(list(value.values()), writing)
    if writing.orders_indexes:
        # OrdinaryOwnPropertyKeys: what is an array index comes first, in ascending order.
        indexes = sorted((name for name in names if _INDEX.fullmatch(name) and int(name) < 2**32 - 1), key=int)
        names = indexes + [name for name in names if name not in set(indexes)] if indexes else names
    colon = ": " if writing.is_spaced else ":"
    parts = (f"{_string(name, writing)}{colon}{_text(value[name], writing)}" for name in names)
    return "{" + _comma(writing).join(parts) + "}"


def _comma(writing: Writing) -> str:
    return ", " if writing.is_spaced else ","


def _string(text: str, writing: Writing) -> str:
    # Half a character is escaped by every serialiser that lets it through.
    written = _HALF.sub(_unit, json.dumps(text, ensure_ascii=writing.escapes_beyond_ascii))
    return written.replace("/", "\\/") if writing.escapes_slash else written


def _unit(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
