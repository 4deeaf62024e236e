"""What a reply of IVR Solutions means: success is in the body's ``status``, and an error can come with HTTP 200.

Source: IVR Solutions public OpenAPI 3.0.3 document, "Response format", "Error handling" and the documented replies.
The question for a call is whether a phone may ring, so only a reply that rules it out is a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dialer.providers import parsing, replies
from dialer.providers.base import ProviderReply, Refusal, Refused, Unclear, load_object

# "Error handling": 400, 401, 404, 429. 405 is documented at click-to-call: "Agent not registered", "DID Number not
# defined", both a setting of ours. 500 is "Server error": it does not say that nothing rang, so it is absent.
MEANINGS = replies.CLIENT_ERRORS
#: Statuses that say enough by themselves: no message changes them.
PLAIN = frozenset({401, 402, 429})

# Words of the documented messages and their likely variants, most certain first.
_WORDS: tuple[tuple[Refusal, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        (Refusal.ADDRESS_NOT_ALLOWED, r"\bip\b|white-?list|allow-?list"),
        (Refusal.CREDENTIALS, r"api token|token (?:is )?(?:invalid|missing|expired)|invalid token|unauthori[sz]ed"),
        (Refusal.CREDENTIALS, r"insufficient|balance|recharge|suspended|subscription"),
        (Refusal.NO_CAPACITY, r"too many|rate limit|limit (?:is )?(?:reached|exceeded)|concurren|capacity|no free"),
        (Refusal.NO_CAPACITY, r"agent\b.{0,20}\b(?:busy|on (?:a |another )?call)"),
        (Refusal.TARGET_AWAY, r"agent\b.{0,20}\b(?:offline|unavailable|not available)"),
        (Refusal.OUTSIDE_ACTIVE_HOURS, r"(?:calling|working|business|active|allowed) hours"),
        (
            Refusal.UNKNOWN_TARGET,
            r"agent|(?-i:\bDID\b)|did_n|flow|template|bot\b|voicechat|extension|\bext|dialer|caller id",
        ),
        (Refusal.INVALID_REQUEST, r"number|phone|customer|client_no|invalid|missing|required|empty|malformed|dnd"),
    )
)
# An error with these words does not rule out that the call was already on its way, or even over.
_UNSURE = re.compile(
    r"tim(?:e|ed)[ -]?out|gateway|no response|internal|exception|something went wrong"
    r"|no[ -]?answer|not answer|hang|hung|declin|(?:customer|number|phone|line)\b.{0,20}\bbusy",
    re.IGNORECASE,
)
_NOTHING_FOUND = re.compile(r"not found|no (?:records?|numbers?|data)", re.IGNORECASE)


def judge(*, reply: ProviderReply) -> Refused | Unclear | None:
    """Return why the reply is no success, or None for success: 2xx and a body that says so. Never raises."""
    payload = load_object(reply.body)
    said = _said(payload.get("status")) if payload is not None else None
    if said == 200 and payload and payload.get("error"):
        said = None  # the body contradicts itself
    if 200 <= reply.status < 300:
        if said is None:
            return replies.unclear(reply=reply, why="the body's status says neither success nor error")
        return None if said == 200 else _refused(reply, payload, said)
    if said == 200:
        return replies.unclear(reply=reply, why="the HTTP status says error and the body's status success")
    if said is not None and said >= 500:
        return replies.unclear(reply=reply, why="the body's status says server error")
    return _refused(reply, payload, reply.status)


def refuses_header(*, reply: ProviderReply) -> bool:
    """Return whether a reply says that no token came, or a field is missing: 401 or 422, also with HTTP 200."""
    payload = load_object(reply.body) or {}
    return bool({reply.status, _said(payload.get("status"))} & {401, 422})


def found_nothing(*, reply: ProviderReply) -> bool:
    """Return whether the reply is the documented way of an empty list: 404 or 405 and "No records found"."""
    payload = load_object(reply.body)
    if payload is None or _said(payload.get("status")) in (None, 200):
        return False
    codes = {reply.status, _said(payload.get("status"))}
    return bool(codes & {404, 405} and _NOTHING_FOUND.search(replies.message(payload)))


def _said(status: Any) -> int | None:
    """Return the body's status as an HTTP code: 200 for success, 0 for an error without a code, None for neither.

    Documented: 200, true, "success"; for errors false or the HTTP code.
    """
    if isinstance(status, bool):
        return 200 if status else 0
    word = parsing.word(status)
    if word in {"200", "true", "success"}:
        return 200
    if word in {"false", "error", "failed", "failure"}:
        return 0
    return int(word) if re.fullmatch(r"[45][0-9]{2}", word) else None


def _refused(reply: ProviderReply, payload: Mapping[str, Any] | None, code: int) -> Refused | Unclear:
    """Return what an error means by its code (0: it has none) and, where that leaves it open, by its words."""
    said = replies.message(payload)
    reason = MEANINGS.get(code) if code else Refusal.OTHER
    if reason is None or (code not in PLAIN and _UNSURE.search(said)):
        return replies.unclear(reply=reply, why="the error does not rule out that the call was placed")
    if code not in PLAIN:
        reason = next((meant for meant, words in _WORDS if words.search(said)), reason)
    return replies.refused(reply=reply, reason=reason)
