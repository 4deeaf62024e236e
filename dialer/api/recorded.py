"""What is done over REST is recorded: rows with what changed in them, in the transaction that saves them.

What has no entry of its own leaves a plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from django.db import transaction
from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.api.permissions import act_of
from dialer.audit import record, unchanged
from dialer.audit.changes import differences, many_of, values_of
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


def row_added(row: Model) -> None:
    """Record a new row, with what it holds."""
    after = {name: value for name, value in (values_of(row) | many_of(row)).items() if value not in (None, "", [], {})}
    changes = differences(row, before={}, after=after)
    record(act=f"{row._meta.label_lower}.add", what="Added", subject=row, changes=changes)


def row_changed(row: Model, *, before: Mapping[str, Any]) -> None:
    """Record what of a row differs from ``before``, if anything does."""
    changes = differences(row, before=before, after=values_of(row) | many_of(row))
    if changes:
        record(act=f"{row._meta.label_lower}.change", what="Changed", subject=row, changes=changes)
    else:
        unchanged()


def row_deleted(row: Model) -> None:
    """Record that a row is deleted."""
    record(act=f"{row._meta.label_lower}.delete", what="Deleted", subject=row)
