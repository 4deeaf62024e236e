"""What is done over REST is recorded: rows with what changed in them, in the transaction that saves them.

What has no entry of its own leaves a plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.api.permissions import act_of
from dialer.audit.unrecorded import begin, in_words, is_due, record_plainly

_WORDS = {"create": "Added", "partial_update": "Changed", "update": "Changed", "destroy": "Deleted"}


def recorded(handler: Callable[..., Response], *, view: Any) -> Callable[..., Response]:
    """Return a handler that leaves an entry, in one transaction with what it does where it asks nobody outside."""

    def answer(request: Request, *args: Any, **kwargs: Any) -> Response:
        begin()
        with transaction.atomic() if request.method == "POST" and view.writes_here_only() else nullcontext():
            reply = handler(request, *args, **kwargs)
            if reply.status_code < 400 and is_due():
                _record(view, request, reply, kwargs)
            return reply

    return answer


def _record(view: Any, request: Request, reply: Response, kwargs: Mapping[str, Any]) -> None:
    act = act_of(view, method=request.method or "")
    queryset = getattr(view, "queryset", None)
    if act is None or queryset is None:
        return
    name = getattr(view, "action", None) or type(view).__name__.removesuffix("View")
    given = kwargs.get("pk") or (reply.data or {}).get("id") if isinstance(reply.data, dict | None) else None
    ids = [int(str(given))] if str(given).isdecimal() else []
    reason = request.data.get("reason", "") if isinstance(request.data, Mapping) else ""
    what = _WORDS.get(name) or in_words(name)
    record_plainly(act=act, what=what, model=queryset.model, ids=ids, reason=str(reason))
