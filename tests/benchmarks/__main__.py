"""Runs the benchmarks: `python -m tests.benchmarks fill --json`.

Without a name: the figures of docs/performance.md, each beside its limit and the plain way (tests/benchmarks/table).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import (
    auditing,
    engine,
    fill,
    history,
    late,
    pages,
    performance,
    placing,
    providers,
    pushes,
    retention,
    server_shape,
    telling,
    uploading,
)
from tests.benchmarks.growth import runs as growth
from tests.benchmarks.table import runs as table


def main() -> int:
    """Run one benchmark; exit code 1 when a limit was passed, a promise broken or a lead left without an end."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="the table with little of each, to see that it is whole")
    parser.add_argument("--only", action="append", choices=list(table.GROUPS), help="of the table only this group")
    parser.add_argument(
        "--write", nargs="+", type=Path, metavar="FILE", help="write docs/performance.md from what earlier runs printed"
    )
    chosen = parser.add_subparsers(dest="benchmark")
    growing = chosen.add_parser("growth", help="with more leads, DIDs, accounts, workers", parents=[_json_too()])
    growing.add_argument("--only", action="append", choices=list(growth.ROWS), help="only this row")
    growing.add_argument("--size", type=int, action="append", help="only this size")
    growing.add_argument("--ten-million", action="store_true", help="10,000,000 leads as well: minutes, and 10 GB")
    filling = chosen.add_parser("fill", help="how full the slots are kept", parents=[_json_too()])
    filling.add_argument(
        "--load",
        action="append",
        choices=[load.name for load in (*fill.LOADS, *fill.FURTHER_LOADS)],
        help="only this one",
    )
    filling.add_argument("--fault", action="append", choices=list(fill.FAULTS), help="only this one")
    filling.add_argument("--workers", type=int, default=1)
    placing_alone = chosen.add_parser("placing", help="the HTTP client alone", parents=[_json_too()])
    placing_alone.add_argument("--requests", type=int, default=10_000)
    placing_alone.add_argument("--in-flight", type=int, default=200)
    pushing = chosen.add_parser("pushes", help="how many pushes are taken in", parents=[_json_too()])
    pushing.add_argument("--pushes", type=int, default=20_000)
    pushing.add_argument("--connections", type=int, default=64)
    every = chosen.add_parser("providers", help="a campaign on each provider, with faults", parents=[_json_too()])
    every.add_argument("--leads", type=int, default=500, help="of each campaign (500)")
    every.add_argument("--only", action="append", choices=providers.SHOWS, help="only this one")
    shape = chosen.add_parser("server-shape", help="Astradial as its public server is", parents=[_json_too()])
    shape.add_argument("--leads", type=int, default=100, help="of each kind of destination (100)")
    shape.add_argument("--only", action="append", choices=list(server_shape.KINDS), help="only this one")
    inside = chosen.add_parser("engine", help="enrolling, reserving and settling, in PostgreSQL", parents=[_json_too()])
    inside.add_argument("--leads", type=int, default=1_000_000, help="queued in the large campaign (1,000,000)")
    tellings = chosen.add_parser("telling", help="how many deliveries subscribers take", parents=[_json_too()])
    tellings.add_argument("--entries", type=int, default=2_000)
    tellings.add_argument("--receivers", type=int, default=10)
    tellings.add_argument("--dead", type=int, default=1, help="others beside them, where nobody listens")
    past = chosen.add_parser("history", help="what ended attempts cost", parents=[_json_too()])
    past.add_argument(
        "--attempts", type=int, action="append", help="so many behind it, beside none (1,000,000; may be repeated)"
    )
    past.add_argument("--pages", action="store_true", help="only the pages: every list, and what renews itself")
    past.add_argument("--calls-a-lead", type=int, default=1, help="of the past, with --pages (1)")
    past.add_argument("--no-fill", action="store_true", help="without the fill, which takes a minute each")
    looking = chosen.add_parser("audit", help="manage.py audit over a long past", parents=[_json_too()])
    looking.add_argument("--attempts", type=int, action="append", help="so many (100,000 and 1,000,000)")
    keeping = chosen.add_parser("retention", help="removing old rows with load beside", parents=[_json_too()])
    keeping.add_argument("--rows", type=int, default=1_000_000)
    sending = chosen.add_parser("upload", help="a messy file, imported by a process of its own", parents=[_json_too()])
    sending.add_argument("--rows", type=int, default=1_000_000)
    lateness = chosen.add_parser("late", help="results that come late, or never", parents=[_json_too()])
    lateness.add_argument("--only", action="append", choices=[late.SHORT.name, late.LONG.name, "away"])
    lateness.add_argument("--poll-seconds", type=float, help="ask the fleet so often while results are awaited")
    options = parser.parse_args()
    if options.write:
        return _write(options.write)
    if options.benchmark is None:
        return _table(options)
    if options.benchmark == "growth":
        return _growth(options)
    if options.benchmark == "history":
        pasts = [0, *(options.attempts or [1_000_000])]
        if options.pages:
            for row in pages.run(pasts=pasts[1:], calls_a_lead=options.calls_a_lead):
                _show(row, as_json=options.json)
            return 0
        found = history.run(pasts=pasts, fill=not options.no_fill)
        _show(found, as_json=options.json)
        return 0
    if options.benchmark == "audit":
        _show(auditing.run(pasts=options.attempts or [100_000, 1_000_000]), as_json=options.json)
        return 0
    if options.benchmark == "retention":
        _show(retention.run(rows=options.rows), as_json=options.json)
        return 0
    if options.benchmark == "upload":
        row = uploading.run(rows=options.rows)
        _show(row, as_json=options.json)
        return int(not row["counts_agree"])
    if options.benchmark == "late":
        row = late.run(only=options.only, poll_seconds=options.poll_seconds)
        _show(row, as_json=options.json)
        return int(not row["is_good"])
    if options.benchmark == "server-shape":
        row = server_shape.run(leads=options.leads, only=options.only)
        _show(row, as_json=options.json)
        return int(not row["is_good"])
    if options.benchmark == "engine":
        _show(engine.run(leads=options.leads), as_json=options.json)
        return 0
    if options.benchmark == "pushes":
        row = pushes.run(pushes=options.pushes, connections=options.connections)
        _show(row, as_json=options.json)
        return int(bool(row["lost"]))
    if options.benchmark == "telling":
        row = telling.run(entries=options.entries, receivers=options.receivers, dead=options.dead)
        _show(row, as_json=options.json)
        return int(bool(row["missing"] or row["doubled"] or row["out_of_order"]))
    if options.benchmark == "placing":
        _show(placing.run(requests=options.requests, in_flight=options.in_flight), as_json=True)
        return 0
    failed = False
    if options.benchmark == "providers":
        for row in providers.run(leads=options.leads, only=options.only):
            _show(row, as_json=options.json)
            failed = failed or bool(row["violations"] or row["leads_not_ended"])
        return int(failed)
    for row in fill.run(loads=options.load, faults=options.fault, workers=options.workers):
        _show(row, as_json=options.json)
        failed = failed or bool(row["violations"] or row["leads_not_ended"] or row["seconds_over"])
    return int(failed)


def _table(options: argparse.Namespace) -> int:
    began, rows = time.monotonic(), []
    for row in table.run(only=options.only, quick=options.quick):
        rows.append(row)
        print(json.dumps(row) if options.json else _told(row), flush=True)
    if options.json:
        print(json.dumps(table.whole(rows, quick=options.quick, seconds=time.monotonic() - began)), flush=True)
    return 0


def _write(files: Sequence[Path]) -> int:
    try:
        performance.write([performance.last_line(file) for file in files])
    except performance.NotWhole as error:
        print(f"Nothing is written: {error}", file=sys.stderr)
        return 1
    return 0


def _told(row: dict[str, Any]) -> str:
    values = f"{row['ours']:g} {row['unit']} (goal {row['goal']:g}, limit {row['limit']:g}, plain {row['plain']:g})"
    return f"{row['figure']}: {values}"


def _growth(options: argparse.Namespace) -> int:
    began, rows = time.monotonic(), []
    for row in growth.run(only=options.only, sizes=options.size, ten_million=options.ten_million):
        rows.append(row)
        _show(row, as_json=options.json)
    if options.json:
        circumstances = table.circumstances(seconds=time.monotonic() - began)
        print(json.dumps({"benchmark": "growth", **circumstances, "rows": rows}), flush=True)
    return 0


def _json_too() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object a line")
    return parser


def _show(row: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(row) if as_json else "  ".join(f"{name}={value}" for name, value in row.items())
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
