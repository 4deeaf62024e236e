"""What an HTTP reply to a request to place a call means, where the provider's own documents say nothing else.

The question is always the same: may a phone have rung? Only a reply that rules it out is a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from dialer.providers.base import ProviderReply, Refusal, Refused, Unclear, load_object
from dialer.providers.parsing import mapping, number, text

#: RFC 9110 client errors: the server says that it did not act on the request. Absent on purpose are 408, 409, 425
#: and 499: a server or proxy may say these after the request has been passed on, so they are unclear.
CLIENT_ERRORS: Mapping[int, Refusal] = {
    400: Refusal.INVALID_REQUEST,
    401: Refusal.CREDENTIALS,
    402: Refusal.CREDENTIALS,  # an unpaid account: no fault of the lead, so it must burn no attempt
    403: Refusal.CREDENTIALS,
    404: Refusal.UNKNOWN_TARGET,
    405: Refusal.UNKNOWN_TARGET,
    406: Refusal.OTHER,
    407: Refusal.OTHER,
    410: Refusal.UNKNOWN_TARGET,
    411: Refusal.OTHER,
    413: Refusal.INVALID_REQUEST,
    414: Refusal.INVALID_REQUEST,
    415: Refusal.OTHER,
    421: Refusal.OTHER,
    422: Refusal.INVALID_REQUEST,
    429: Refusal.NO_CAPACITY,
    431: Refusal.OTHER,
}
LONGEST_DETAIL = 200
#: How deep an error body is read: hostile nesting must not exhaust the stack.
DEEPEST = 5
LONGEST_WAIT_SECONDS = 86_400.0
NO_JSON = "the reply is no JSON object"

_SECRETS = re.compile(
    r"""(?ix)
    authorization["']?\s*[:=]\s*["']?(?:[\w-]+\s+)?\S+                   # a whole header
    | (?:bearer|basic|api-key)\s+(?=\S*\d|\S{16})\S+                    # its value
    | [a-z][a-z0-9+.-]*://\S+                                           # a URL: its query may hold a token
    | (?:key|token|secret|password)["']?\s*[:=]\s*\S+     # key=value
    | (?:key|token|secret|password)\s+["'][^"']+["']                    # key 'value'
    | \b(?=[\w.~+/-]*\d)(?=[\w.~+/-]*[a-z])[\w.~+/-]{16,}=*             # a long run of letters and digits
    """
)
_NUMBERS = re.compile(r"\+?\d(?:[\s().-]?\d){5,}")


def refused_by_status(*, reply: ProviderReply, meanings: Mapping[int, Refusal] = CLIENT_ERRORS) -> Refused | None:
    """Return the refusal that the HTTP status alone proves, or None when it proves none."""
    reason = meanings.get(reply.status)
    return refused(reply=reply, reason=reason) if reason else None


def objection(*, reply: ProviderReply, meanings: Mapping[int, Refusal] = CLIENT_ERRORS) -> Refused | Unclear | None:
    """Return what a reply to a harmless question has against the account, None if it is an answer in JSON."""
    if 200 <= reply.status < 300:
        return None if load_object(reply.body) is not None else unclear(reply=reply, why=NO_JSON)
    if reply.status == 503:
        return refused(reply=reply, reason=Refusal.NO_CAPACITY)
    return refused_by_status(reply=reply, meanings=meanings) or unclear(reply=reply, why="no answer to the question")


def key_objection(
    *, reply: ProviderReply, proofs: Collection[int], meanings: Mapping[int, Refusal] = CLIENT_ERRORS
) -> Refused | Unclear | None:
    """Return what a reply to a request that asks for nothing has against the key.

    ``proofs``: the statuses, in JSON, with which the provider complains of the request and so not of the key.
    """
    if reply.status in proofs:
        return None if load_object(reply.body) is not None else unclear(reply=reply, why=NO_JSON)
    return refused_by_status(reply=reply, meanings=meanings) or unclear(
        reply=reply, why="it does not say what it holds of the key"
    )


def refused(*, reply: ProviderReply, reason: Refusal) -> Refused:
    """Return a refusal with the reply's own words, masked, and its Retry-After."""
    return Refused(reason=reason, detail=describe(reply=reply), retry_after_seconds=retry_after_seconds(reply=reply))


def unclear(*, reply: ProviderReply, why: str = "it does not say whether the call was placed") -> Unclear:
    """Return that the reply proves nothing; only the status is quoted, for the body may be anything."""
    return Unclear(detail=f"HTTP {reply.status}: {why}")


def describe(*, reply: ProviderReply) -> str:
    """Return status and message of a reply for a manager: masked, one line, short."""
    said = message(load_object(reply.body))
    return f"HTTP {reply.status}: {masked(said)}" if said else f"HTTP {reply.status}"


def message(payload: Any, depth: int = 0) -> str:
    """Return what an error body says, from the keys that APIs use for it; an empty string if it says nothing.

    Lists of field errors (FastAPI's 422) give field and message, without their ``input``, which repeats our values.
    """
    if depth > DEEPEST:
        return ""
    if isinstance(payload, list):
        return "; ".join(filter(None, (_field_error(item, depth + 1) for item in payload[:5])))
    if not isinstance(payload, dict):
        return (text(payload) or "") if isinstance(payload, str) else ""
    found = (message(payload.get(key), depth + 1) for key in ("code", "error", "message", "msg", "detail", "details"))
    return ": ".join(dict.fromkeys(filter(None, found)))


def _field_error(item: Any, depth: int) -> str:
    where = mapping(item).get("loc")
    fields = ".".join(str(part) for part in where if isinstance(part, str)) if isinstance(where, list) else ""
    return ": ".join(filter(None, (fields, message(item, depth))))


def masked(said: str) -> str:
    """Return ``said`` in one line, at most 200 characters, with secrets and phone numbers replaced."""
    line = " ".join("".join(char if char.isprintable() else " " for char in said[:1000]).split())
    line = _SECRETS.sub("[hidden]", line)
    line = _NUMBERS.sub("[number]", line)
    return line if len(line) <= LONGEST_DETAIL else line[: LONGEST_DETAIL - 1] + "…"


def retry_after_seconds(*, reply: ProviderReply) -> float | None:
    """Return the Retry-After header in seconds, at most a day. A date is taken relative to the reply's own Date."""
    given = reply.headers.get("retry-after")
    if not given:
        return None
    waits = number(given)
    if waits is None:
        try:
            gap = parsedate_to_datetime(given) - parsedate_to_datetime(reply.headers.get("date", ""))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        waits = max(gap.total_seconds(), 0.0)
    return min(waits, LONGEST_WAIT_SECONDS) if waits >= 0 else None
