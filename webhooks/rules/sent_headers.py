"""Headers and tokens that a subscriber wants to be sent: which may be. Pure."""

from __future__ import annotations

import re
from typing import Any

MOST_HEADERS = 20
MOST_CHARACTERS = 4000
#: Set by us: they frame the request, or prove who sent it.
OURS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "content-type", "expect", "host", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
OUR_PREFIXES = ("dialer-", "webhook-")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def header_problem(headers: Any) -> str:
    """Return why these headers cannot be sent, as a sentence; empty if they can."""
    if not isinstance(headers, dict):
        return 'Enter an object: {"X-Api-Key": "…"}.'
    if len(headers) > MOST_HEADERS:
        return f"At most {MOST_HEADERS} headers are sent."
    if len({name.lower() for name in headers}) < len(headers):
        return "A header is named twice."
    return next((problem for name, value in headers.items() if (problem := _problem(name, value))), "")


def _problem(name: str, value: Any) -> str:
    return name_problem(name) or value_problem(name, value)


def name_problem(name: str) -> str:
    """Return why no header of this name can be sent, as a sentence; empty if one can."""
    if not _NAME.fullmatch(name):
        return f"{name[:40]!r} is no name of a header."
    if name.lower() in OURS or name.lower().startswith(OUR_PREFIXES):
        return f"{name} is set by us."
    return ""


def value_problem(name: str, value: Any) -> str:
    """Return why a header cannot have this value, as a sentence; empty if it can."""
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS or not _VALUE.fullmatch(value):
        return f"The value of {name} is no text of up to {MOST_CHARACTERS} plain characters on one line."
    return ""


def token_problem(token: str) -> str:
    """Return why a token cannot be sent in a header, as a sentence; empty if it can."""
    if len(token) <= MOST_CHARACTERS and _VALUE.fullmatch(token) and " " not in token:
        return ""
    return f"Enter up to {MOST_CHARACTERS} plain characters without spaces."
