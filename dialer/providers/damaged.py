"""Reads JSON objects that are damaged or wrapped: bytes in another encoding, commas too many, a cut tail, doubled keys.

Nothing is guessed: a value counts only where it is whole, so ``"status": "NO_ANS`` says nothing. json-repair, the
library for this, completes what was cut (``12`` of ``120``), reads prose as objects and forgets doubled keys.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from dialer.providers.tokens import Mended, mend, whole

#: What is mended of a body, in Python: a result names its call far before. What is longer counts as cut.
MOST_CHARS = 1_000_000
#: So often is JSON found inside a JSON string, or a form inside it.
DEEPEST_WRAPPING = 3
#: Of doubled keys so many values are looked at.
MOST_VARIANTS = 8
MOST_FIELDS = 200
GZIP = b"\x1f\x8b"

_PREFACE = re.compile(r"^[\s\ufeff]*(?:\)\]\}',?|while\(1\);|for\(;;\);)?[\s\ufeff]*")
_FORM = re.compile(r"[\w.\[\]%+-]+=")
_HIGH_ALONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An object in a body. ``objects``: as every parser reads it, the last of doubled keys winning, then its variants.

    ``is_cut``: its end is missing. ``is_damaged``: a strict parser does not read it so.
    """

    objects: tuple[dict[str, Any], ...]
    is_cut: bool = False
    is_damaged: bool = True


class Doubled(dict[str, Any]):
    """An object with a key that it has more than once: the last value of each, and all in ``every``."""

    every: Mapping[str, Sequence[Any]]


def read(body: bytes, *, content_type: str = "") -> Reading | None:
    """Return the object in a body that a strict parser refused, or that lacks what it must have; else None."""
    text = _text(_unpacked(body))
    try:
        found = _object(text, depth=0, is_form="urlencoded" in content_type)
        if found is None:
            return None
        return Reading(objects=_variants(found.value), is_cut=found.is_cut)
    except RecursionError:  # nested to exhaust the stack
        return None


def doubled(body: bytes) -> Reading | None:
    """Return the readings of a strict JSON object in which a key stands more than once; None where none does."""
    is_doubled = False

    def object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal is_doubled
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        is_doubled = True
        return _object_of(pairs)

    try:
        value = json.loads(body, object_pairs_hook=object_of)
        if is_doubled and isinstance(value, dict):
            return Reading(objects=_variants(value), is_damaged=False)
    except (ValueError, RecursionError):
        pass
    return None


def _unpacked(body: bytes) -> bytes:
    """Return a body that was sent packed, as far as it can be unpacked."""
    if not body.startswith(GZIP):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, 4 * MOST_CHARS)
    except zlib.error:
        return body


def _text(body: bytes) -> str:
    """Return a body as text: by its mark or its zeros, else UTF-8, with stray bytes read as Windows-1252."""
    encoding = json.detect_encoding(body[:8])
    if not encoding.startswith("utf-8"):
        return body.decode(encoding, "replace").replace("\ufeff", "")
    text = body.decode("utf-8", "surrogateescape")
    return _HIGH_ALONE.sub(_as_windows, text).removeprefix("\ufeff")


def _as_windows(found: re.Match[str]) -> str:
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace")


def _object(text: str, *, depth: int, is_form: bool) -> Mended | None:
    """Return the object in a text, however it is wrapped."""
    bare = _PREFACE.sub("", text, count=1)
    value = _strict(bare)
    if isinstance(value, dict):
        return Mended(value=_opened(value), is_cut=False)
    if isinstance(value, str) and depth < DEEPEST_WRAPPING:
        return _object(value, depth=depth + 1, is_form=is_form)
    if value is not None:
        return None
    if bare.startswith("{"):
        found = mend(bare[:MOST_CHARS], object_of=_object_of)
        return Mended(value=_opened(found.value), is_cut=found.is_cut) if found is not None else None
    if depth < DEEPEST_WRAPPING and bare[:3].lower() == "%7b":
        return _object(unquote_plus(bare), depth=depth + 1, is_form=False)
    if is_form or _FORM.match(bare):
        return _form(bare, depth=depth)
    return _within(bare)


def _strict(text: str) -> Any:
    """Return the value that a text is, with control characters in strings and NaN let through; None for no JSON."""
    try:
        return json.loads(
            text,
            strict=False,
            object_pairs_hook=_object_of,
            parse_constant=lambda _: None,
            parse_int=whole,
        )
    except ValueError:
        return None


def _within(text: str) -> Mended | None:
    """Return a whole object after words that are no JSON: a warning of PHP's, the name of a callback."""
    at = text.find('{"')
    if at < 0:
        return None
    decoder = json.JSONDecoder(
        strict=False, object_pairs_hook=_object_of, parse_constant=lambda _: None, parse_int=whole
    )
    try:
        value, _ = decoder.raw_decode(text, at)
    except ValueError:
        return None
    return Mended(value=_opened(value), is_cut=False) if isinstance(value, dict) else None


def _form(text: str, *, depth: int) -> Mended | None:
    """Return the fields of a form; where one of them is the object, that object."""
    if text.count("&") >= MOST_FIELDS:
        return None
    fields = parse_qsl(text.strip(), keep_blank_values=True)
    for name, value in fields:
        # curl -d sends JSON as the name of a field without a value.
        held = value if value.lstrip().startswith("{") else name if name.lstrip().startswith("{") else ""
        if held and depth < DEEPEST_WRAPPING and (found := _object(held, depth=depth + 1, is_form=False)):
            rest = [(key, text) for key, text in fields if text != held and key != held]
            return Mended(value=_object_of([*rest, *_pairs(found.value)]), is_cut=found.is_cut)
    return Mended(value=_object_of(fields), is_cut=False) if fields else None


def _opened(value: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose own fields that hold an object as JSON text hold the object itself."""
    texts = {
        key: item
        for key, item in value.items()
        if isinstance(item, str) and item[:1] == "{" and item.rstrip()[-1:] == "}"
    }
    found = {key: inner for key, item in texts.items() if isinstance(inner := _strict(item), dict)}
    if not found:
        return value
    return _object_of([(key, found.get(key, item) if item is texts.get(key) else item) for key, item in _pairs(value)])


def _pairs(value: dict[str, Any]) -> list[tuple[str, Any]]:
    if isinstance(value, Doubled):
        return [(key, item) for key, items in value.every.items() for item in items]
    return list(value.items())


def _object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as an object, one that knows all values where a key stands more than once."""
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    every: dict[str, list[Any]] = {}
    for key, item in pairs:
        every.setdefault(key, []).append(item)
    made = Doubled(value)
    made.every = every
    return made


def _variants(value: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the object with the last value of each doubled key, with the one before it, and so on."""
    made: list[dict[str, Any]] = []
    for back in range(MOST_VARIANTS):
        seen: list[int] = [1]
        made.append(_resolved(value, back, seen.append))
        if max(seen) <= back + 1:
            break
    return tuple(made)


def _resolved(value: Any, back: int, see: Callable[[int], None]) -> Any:
    if isinstance(value, Doubled):
        for items in value.every.values():
            see(len(items))
        chosen = {key: items[max(len(items) - 1 - back, 0)] for key, items in value.every.items()}
        return {key: _resolved(item, back, see) for key, item in chosen.items()}
    if isinstance(value, dict):
        return {_clean(key): _resolved(item, back, see) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, back, see) for item in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    """Return a text without halves of characters, which no encoding takes."""
    return _HIGH_ALONE.sub("\ufffd", text)
