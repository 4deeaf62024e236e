"""Redacts text and the fields of a log line: no secret and no whole phone number leaves this process in a log."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dialer.logs.credentials import MASK, is_secret_name, mask_secrets, spellings
from dialer.logs.phone_numbers import mask_numbers

#: Deeper than this a field is redacted as text.
DEEPEST = 6
#: Whole numbers below this have eight digits at most, so they are nobody's phone number.
LARGE = 10**8
_COUNTS = re.compile(
    r"(?:^|_)(?:ids?|pk|at|seconds|ms|us|bytes|rows|count|total|timestamp|time|size|pid|port|attempts)$"
)
#: Ids that somebody else gives out, or that are numbers in spite of their name.
_NOT_OURS = frozenset({"caller_id", "callerid", "external_id", "customer_id"})
#: A trace is named by the reference of an attempt without its dashes, which looks drawn at random: it is.
_AS_THEY_ARE = frozenset({"timestamp", "level", "logger", "trace_id"})
#: Of a shell: the working directory, not a password.
_FOLDERS = frozenset({"PWD", "OLDPWD"})
_known: tuple[str, ...] = ()


def know_secrets(environment: Mapping[str, str] = os.environ) -> None:
    """From now on, mask the secrets of the environment wherever they stand: keys, tokens, passwords within URLs."""
    global _known
    found: list[str] = []
    for name, value in environment.items():
        if is_secret_name(name) and name not in _FOLDERS:
            found += (value, *value.split(","))
        elif "://" in value and "@" in value:
            found += _passwords(value)
    _known = spellings(map(str.strip, found))


def _passwords(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        query = [value for name, value in parse_qsl(parts.query) if is_secret_name(name)]
        return [unquote(parts.password or ""), *query]
    except ValueError:
        return []


def redact(text: str) -> str:
    """Return `text` with secrets and phone numbers masked; UUIDs, instants and ids stay. Safe to repeat."""
    return mask_numbers(mask_secrets(text, known=_known))


def redact_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a line, redacted by their names and values; values of unknown kinds become text."""
    return {
        name: value if name in _AS_THEY_ARE else _redacted(value, name=name, depth=0) for name, value in fields.items()
    }


def _redacted(value: Any, *, name: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if name and value != "" and is_secret_name(name):
        return MASK
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, int | float):
        return _number(value, name=name)
    if depth < DEEPEST:
        if isinstance(value, Mapping):
            return {redact(str(key)): _redacted(each, name=str(key), depth=depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_redacted(each, name=name, depth=depth + 1) for each in value]
    return redact(repr(value))


def _number(value: float, *, name: str) -> Any:
    is_count = _COUNTS.search(name) is not None and name not in _NOT_OURS
    return value if abs(value) < LARGE or is_count else redact(repr(value))
