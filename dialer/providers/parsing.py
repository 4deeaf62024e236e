"""Lenient readers of what providers send: text, numbers, durations and datetimes. What is not understood is None."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import orjson

from dialer.json_limits import is_too_deep

#: No call lasts a week: a longer duration is a wrong unit or a wrong field.
LONGEST_SECONDS = 7 * 86_400
#: Ids are stored in a column of this length; a longer one is no id.
LONGEST_ID = 200


def load_json(body: bytes) -> Any:
    """Return the JSON value in ``body``, or None if there is none, or one that is nested too deep."""
    if is_too_deep(body):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def text(value: Any) -> str | None:
    """Return a string or a number as stripped text without NUL (PostgreSQL refuses it); blank and other types: None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).replace("\x00", "").strip() or None


def identifier(value: Any) -> str | None:
    """Return an id as text, or None when it is none: blank, unprintable, a fraction or longer than ids are."""
    found = None if isinstance(value, float) else text(value)
    return found if found and found.isprintable() and len(found) <= LONGEST_ID else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return ``value`` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def word(value: Any) -> str:
    """Return a provider's status word in one spelling: lower case, with ``_`` for blanks and hyphens."""
    return (text(value) or "").lower().replace("-", "_").replace(" ", "_")


def number(value: Any) -> float | None:
    """Return a finite number given as such or as text."""
    found = text(value)
    if found is None:
        return None
    try:
        parsed = float(found)
    except ValueError:
        return None
    return parsed if math.isfinite(parsed) else None


def seconds(value: Any) -> float | None:
    """Return a duration given as seconds or as ``[HH:]MM:SS``; negative and absurd ones are None."""
    found = text(value) or ""
    if ":" in found:
        parts = found.split(":")
        if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
            return None
        total = 0.0
        for part in parts:
            total = total * 60 + int(part)
    else:
        parsed = number(value)
        if parsed is None:
            return None
        total = parsed
    return total if 0 <= total <= LONGEST_SECONDS else None


def moment(value: Any, *, time_zone: str = "UTC") -> datetime | None:
    """Return an aware UTC datetime from ISO 8601 text or from epoch seconds or milliseconds.

    A time without a zone is local to ``time_zone``; with a zone that does not exist it is None, never guessed. Nor is
    one that the clocks there show twice or skip, as they are turned: an hour off, a call would be missing in its log.
    """
    found = text(value)
    if found is None:
        return None
    epoch = number(found)
    try:
        if epoch is not None:
            return _from_epoch(epoch)
        parsed = datetime.fromisoformat(found)
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=ZoneInfo(time_zone))
            if parsed.utcoffset() != parsed.replace(fold=1).utcoffset():
                return None
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError, OSError, KeyError):
        return None


def _from_epoch(epoch: float) -> datetime | None:
    if 1e9 <= epoch < 1e10:
        return datetime.fromtimestamp(epoch, UTC)
    if 1e12 <= epoch < 1e13:
        return datetime.fromtimestamp(epoch / 1000, UTC)
    return None


def indian_national(phone_number: str) -> str:
    """Return an Indian E.164 number (``+91`` and ten digits) as its ten digits, any other number as it is."""
    digits = phone_number.removeprefix("+91")
    return digits if phone_number.startswith("+91") and len(digits) == 10 and digits.isdigit() else phone_number


def same_number(found: str | None, number: str | None) -> bool:
    """Return whether two spellings can be one number: the last ten digits agree, and the country where both have it."""
    left, right = (
        "".join(char for char in text or "" if char.isascii() and char.isdigit()).lstrip("0")
        for text in (found, number)
    )
    short, long = sorted((left, right), key=len)
    return len(left) >= 7 and left[-10:] == right[-10:] and long.endswith(short)


def path_under(url: str, *, base_url: str) -> str | None:
    """Return the path (and query) of ``url`` below ``base_url``, or None when it is not below it.

    A way up (``..``) is refused in every spelling that a server may take for one: encoded, twice encoded, with ``\\``.
    """
    prefix = base_url.rstrip("/") + "/"
    path = url[len(prefix) :]
    return f"/{path}" if url.startswith(prefix) and path and not _climbs(path) else None


def _climbs(path: str) -> bool:
    plain = re.split(r"[?#]", path, maxsplit=1)[0]
    # Servers and the proxies before them each decode once; nothing honest is encoded three times.
    for _ in range(3):
        plain = unquote(plain)
    return any(part.split(";")[0].strip() == ".." for part in plain.replace("\\", "/").split("/"))
