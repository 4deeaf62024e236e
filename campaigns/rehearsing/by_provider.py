"""The part of each campaign in a rehearsal's summary: its leads, attempts, limits, and what does not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Max, Min
from rich.console import Console
from rich.table import Table

from campaigns.models import Attempt, Campaign, Lead
from campaigns.rehearsing.filling import Filled
from campaigns.rehearsing.staging import Stage
from campaigns.rehearsing.verdict import disagreements


def of_one(
    *,
    campaign: Campaign,
    stage: Stage,
    verdict: Mapping[str, Any],
    ledger: Sequence[Mapping[str, Any]],
    fill: Filled | None,
) -> dict[str, Any]:
    """Return the summary of one campaign, whose account no other campaign uses.

    ``told_by``: what told the outcomes (PUSH, POLL, LOG); ``disagreed_on``: attempts of which a second source says
    otherwise; ``lookups``: questions by kind, as the provider counts; ``lines``: how full they were while leads were
    due, None where the provider's own dialer paces; ``seconds``: from its first call to its last end.
    """
    key = f"{stage.account.provider}/{stage.carrier_account}"
    rows = [row for row in ledger if f"{row['provider']}/{row['account']}" == key]
    attempts = Attempt.objects.filter(campaign=campaign)
    seen = verdict["accounts"][key]
    return {
        "campaign": campaign.name,
        "runs_on": str(campaign.runs_on),
        "leads": _counted("by_state", Lead.objects.filter(campaign=campaign).values_list("state", flat=True)),
        "attempts": _counted("by_outcome", attempts.values_list("outcome", flat=True)),
        "told_by": dict(Counter(attempts.exclude(outcome_source="").values_list("outcome_source", flat=True))),
        "disagreed_on": attempts.exclude(disagreement="").count(),
        "calls": sum(row["started_at"] is not None for row in rows),
        "limit": sum(did.max_live_calls for did in stage.dids),
        "peak": seen["peak"],
        "lines": fill.as_json() if fill else None,
        "lookups": seen["lookups"],
        "violations": [
            *(sentence for sentence in verdict["violations"] if key in sentence),
            *disagreements(campaign_ids=[campaign.pk], ledger=rows),
        ],
        "seconds": _seconds(campaign),
    }


def print_providers(console: Console, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a line for each campaign."""
    columns = ("campaign", "leads", "calls", "limit", "peak", "filled", "held", "told by", "seconds")
    table = Table(*columns, title="Campaigns", title_justify="left")
    for part in parts.values():
        told = ", ".join(f"{source.lower()} {count}" for source, count in sorted(part["told_by"].items()))
        counts = (part["leads"]["total"], part["calls"], part["limit"], part["peak"])
        lines = part["lines"]
        shares = (f"{lines[name]:.0%}" if lines else "–" for name in ("fill", "held"))
        table.add_row(part["campaign"], *(str(count) for count in counts), *shares, told, f"{part['seconds']:.1f}")
    console.print(table)


def _counted(key: str, values: Iterable[str | None]) -> dict[str, Any]:
    counts = Counter(str(value) for value in values)
    return {"total": counts.total(), key: dict(sorted(counts.items()))}


def _seconds(campaign: Campaign) -> float:
    started_at = Attempt.objects.filter(campaign=campaign).aggregate(first=Min("reserved_at"))["first"]
    ended_at = Lead.objects.filter(campaign=campaign).aggregate(last=Max("ended_at"))["last"]
    return round((ended_at - started_at).total_seconds(), 1) if started_at and ended_at else 0.0
