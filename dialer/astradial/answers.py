"""What a reply to a request for a call means.

Sources: docs.astradial.com, Click to call (the page); api/src/server.js of github.com/astradial/astradial, commit
a68d6aa (the server). The server hands the order to the switch's manager port (AMI), and says why where it fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dialer.providers import replies
from dialer.providers.base import Accepted, PlaceResult, ProviderReply, Refusal, load_object

# The server logs in at the switch for each call and orders it only then: what fails before has rung nobody.
_BEFORE_THE_ORDER = re.compile(r"AMI log-?in (failed|time.?d?.?out)|\bconnect E[A-Z]+|getaddrinfo", re.IGNORECASE)
# These leave open whether the switch had taken the order before the connection broke.
_MAY_HAVE_RUNG = re.compile(r"time.?d?.?out|reset|closed|hang.?up|disconnect|socket|EPIPE|no response", re.IGNORECASE)
_NOT_THERE = re.compile(r"not found|no such|unknown|no sip trunk|wss url|does not exist", re.IGNORECASE)
# The page's own example. The server orders calls without waiting for them, and never says so.
_AWAY = re.compile(r"not registered|unregistered|not reachable", re.IGNORECASE)
_FULL = re.compile(r"capacity|congest|concurren|limit|too many|refused|connected|unavail", re.IGNORECASE)


def placed(*, reply: ProviderReply) -> PlaceResult:
    """Return what the reply means. Accepted says only that the switch takes an order that it carries out later."""
    payload = load_object(reply.body) or {}
    said = replies.message(payload)
    if 200 <= reply.status < 300 and _succeeded(payload):
        return Accepted(external_id=None)
    # The page: {"status":"error","message":"Failed to originate call: …"}, without an HTTP status. The server: 500
    # {"error":"Failed to initiate call via AMI","details":…}.
    failed = payload.get("status") == "error" or (reply.status == 500 and "failed to" in said.lower())
    if failed and (200 <= reply.status < 300 or reply.status == 500):
        return _failed(reply, said)
    if reply.status == 400 and _NOT_THERE.search(said):
        return replies.refused(reply=reply, reason=Refusal.UNKNOWN_TARGET)
    return replies.refused_by_status(reply=reply) or replies.unclear(reply=reply)


def _succeeded(payload: Mapping[str, Any]) -> bool:
    """The page says ``"status":"success"``, the server ``"success":true``; an error beside it is neither.

    The server says so as well where the switch said nothing for 5 s (a ``timeout`` in its response): it has the order.
    """
    if payload.get("error"):
        return False
    return payload.get("status") == "success" or (payload.get("success") is True and "status" not in payload)


def _failed(reply: ProviderReply, said: str) -> PlaceResult:
    if _BEFORE_THE_ORDER.search(said):
        return replies.refused(reply=reply, reason=Refusal.NO_CAPACITY)
    if _MAY_HAVE_RUNG.search(said):
        return replies.unclear(reply=reply, why="the switch was lost while it took the call")
    if _NOT_THERE.search(said):
        return replies.refused(reply=reply, reason=Refusal.UNKNOWN_TARGET)
    if _AWAY.search(said):
        return replies.refused(reply=reply, reason=Refusal.TARGET_AWAY)
    return replies.refused(reply=reply, reason=Refusal.NO_CAPACITY if _FULL.search(said) else Refusal.OTHER)
