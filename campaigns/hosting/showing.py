"""What people see of hosted dialers beyond their rows: what was handed over, and the last switching."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject

from campaigns.models import BatchState, HostedBatch, HostedSwitch

_SWITCH = ("is_on", "reason", "edge_at", "asked_at", "confirmed_at", "problem")


def shown(dialers: QuerySet[Any]) -> QuerySet[Any]:
    """Return the dialers with ``numbers_added``, ``numbers_uncertain`` and ``last_switch`` (a dict, or None)."""
    latest = HostedSwitch.objects.filter(dialer=OuterRef("pk")).order_by("-asked_at", "-id")
    fields = JSONObject(**{name: name for name in _SWITCH})
    rows: QuerySet[Any] = dialers.annotate(
        numbers_added=_numbers(BatchState.ADDED),
        numbers_uncertain=_numbers(BatchState.UNCERTAIN),
        last_switch=Subquery(latest.values(shown=fields)[:1]),
    )
    return rows


def switch_words(switch: dict[str, Any] | None) -> str:
    """Return a ``last_switch`` in words, with its reason; empty: it was never switched."""
    if switch is None:
        return ""
    at = switch["confirmed_at"]
    confirmed = f"confirmed {datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC" if at else "not confirmed yet"
    return f"{'On' if switch['is_on'] else 'Off'}: {switch['reason']} ({confirmed})"


def _numbers(state: BatchState) -> Any:
    batches = HostedBatch.objects.filter(dialer=OuterRef("pk"), state=state).order_by().values("dialer")
    return Coalesce(Subquery(batches.annotate(given=Sum("size")).values("given")), 0)
