"""The summary of a rehearsal: what `make demo` prints for people and, with --json, for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from campaigns.models import Attempt, ContactImport, ImportRefusal, Lead
from campaigns.rehearsing.by_provider import print_providers
from campaigns.rehearsing.staging import Stage


def leads_and_attempts(campaign_ids: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return leads by state and attempts by outcome, with totals."""
    states = Counter(Lead.objects.filter(campaign_id__in=campaign_ids).values_list("state", flat=True))
    outcomes = Counter(Attempt.objects.filter(campaign_id__in=campaign_ids).values_list("outcome", flat=True))
    return (
        {"total": sum(states.values()), "by_state": dict(sorted(states.items()))},
        {"total": sum(outcomes.values()), "by_outcome": {str(key): outcomes[key] for key in sorted(outcomes, key=str)}},
    )


def limits(carrier_summary: Mapping[str, Any], stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Return every limit with the peak that the carrier saw."""
    rows = []
    for stage in stages:
        seen = carrier_summary["accounts"][f"{stage.account.provider}/{stage.carrier_account}"]
        if seen["limit"] is not None:
            rows.append({"kind": "account", "name": stage.account.name, "limit": seen["limit"], "peak": seen["peak"]})
        for kind, names in (("did", seen["dids"]), ("agent", seen["agents"])):
            rows += [
                {"kind": kind, "name": name, "limit": row["limit"], "peak": row["peak"]}
                for name, row in sorted(names.items())
                if row["limit"] is not None
            ]
        rate = seen["rate"]
        if rate["limit"] is not None:
            rows.append(
                {
                    "kind": "calls_per_second",
                    "name": stage.account.name,
                    "limit": rate["limit"],
                    "peak": rate["peak_in_one_second"],
                }
            )
    return rows


def print_summary(console: Console, summary: Mapping[str, Any], imports: Sequence[ContactImport]) -> None:
    """Print a summary for people."""
    rows = summary["rows"]
    console.print(
        f"\n[bold]Rows[/]: {rows['total']} uploaded = {rows['accepted']} accepted"
        f" + {rows['duplicate']} duplicate + {rows['refused']} refused"
    )
    _print_refusals(console, imports)
    for title, key, group in (
        ("Leads by state", "leads", "by_state"),
        ("Attempts by outcome", "attempts", "by_outcome"),
    ):
        table = Table(title=f"{title} ({summary[key]['total']})", title_justify="left", show_header=False)
        table.add_column(style="bold")
        table.add_column(justify="right")
        for name, count in summary[key][group].items():
            table.add_row(name, str(count))
        console.print(table)
    print_providers(console, summary["providers"])
    table = Table("limit of", "name", "limit", "peak", title="Live calls, as the carrier's ledger saw them")
    table.title_justify = "left"
    for row in summary["limits"]:
        table.add_row(row["kind"], row["name"], str(row["limit"]), str(row["peak"]))
    console.print(table)
    console.print(f"Slots filled while leads were due: {summary['fill']:.1%}; {summary['seconds']:.1f} s")
    for sentence in summary["violations"]:
        console.print(f"[bold red]Broken:[/] {sentence}")
    if not summary["violations"]:
        console.print("[bold green]Ledger and database agree; no promise was broken.[/]")


def _print_refusals(console: Console, imports: Sequence[ContactImport]) -> None:
    refused = ImportRefusal.objects.filter(contact_import__in=imports).exclude(code__startswith="DUPLICATE")
    if not refused:
        return
    table = Table("row", "field", "reason", title="Refused rows (the first 10)", title_justify="left")
    for refusal in refused[:10]:
        table.add_row(str(refusal.row_number), refusal.field, refusal.message)
    console.print(table)
