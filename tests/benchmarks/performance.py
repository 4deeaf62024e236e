"""Writes the figures of docs/performance.md from the lines that runs ended with: none is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dialer.embedded.stack import PROJECT
from tests.benchmarks import arithmetic

PAGE = PROJECT / "docs" / "performance.md"
#: What ``growth`` measures, in words: by the row's name, what grows, and the figures to show.
GROWTH = {
    "leads": ("leads waiting", ("reserve_ms", "settled_per_second")),
    "dids": ("DIDs of one campaign", ("reserve_ms", "settled_per_second")),
    "calls-of-dids": ("calls today of each of 100 DIDs that have a cap", ("reserve_ms", "settled_per_second")),
    "campaigns": ("running campaigns of one account", ("reserve_ms", "settled_per_second")),
    "accounts": ("accounts, 200 calls a round in all", ("batch", "reserve_ms", "reserved_and_settled_per_second")),
    "accounts-path": (
        "accounts on the whole path",
        ("calls_per_second", "own_cpu_seconds_per_1000", "postgresql_cpu_seconds_per_1000"),
    ),
    "workers-path": (
        "workers on the whole path",
        ("calls_per_second", "own_cpu_seconds_per_1000", "postgresql_cpu_seconds_per_1000"),
    ),
    "gate-single": ("processes at one account's gate, a call a claim", ("claim_ms", "calls_per_second")),
    "gate-batches": ("processes at one account's gate, 200 calls a claim", ("claim_ms", "calls_per_second")),
}
WORDS = {
    "reserve_ms": "reserve a batch {} ms",
    "settled_per_second": "settle {}/s",
    "reserved_and_settled_per_second": "reserved and settled {}/s",
    "batch": "batches of {}",
    "calls_per_second": "{} calls/s",
    "own_cpu_seconds_per_1000": "own {} CPU-s per 1,000",
    "postgresql_cpu_seconds_per_1000": "PostgreSQL {}",
    "claim_ms": "a claim {} ms",
}


class NotWhole(Exception):
    """A part of a table was measured in no run that was given; the text says which."""


def last_line(file: Path) -> dict[str, Any]:
    """Return the JSON object that a run ended with."""
    found: dict[str, Any] = json.loads(file.read_text().strip().splitlines()[-1])
    return found


def write(lines: Sequence[dict[str, Any]], *, page: Path = PAGE) -> None:
    """Put what runs found into the page; of the same figure the later one counts. Raises NotWhole, ValueError.

    The table and growth are written together, as the arithmetic is made of both.
    """
    text = page.read_text()
    tables = [line for line in lines if line["benchmark"] == "table"]
    growths = [line for line in lines if line["benchmark"] == "growth"]
    if not (tables and growths):
        raise NotWhole("both the table and growth are needed")
    text = _between(text, "table", list(_table(tables)))
    text = _between(text, "growth", list(_growth(growths)))
    days = arithmetic.lines(figures=_figures(tables), rows=_rows(growths))
    text = _between(text, "arithmetic", list(days))
    page.write_text(text)


def _between(text: str, name: str, lines: Sequence[str]) -> str:
    begin, end = f"<!-- {name}: written by make bench -->\n", f"<!-- end of {name} -->"
    before, found, rest = text.partition(begin)
    _, also_found, after = rest.partition(end)
    if not (found and also_found):
        raise ValueError(f"The page has no place for the {name}: {begin.strip()} .. {end}")
    return before + begin + "\n".join([*lines, ""]) + end + after


def _figures(lines: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {figure["figure"]: figure for line in lines for figure in line["figures"]}


def _rows(lines: Sequence[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["row"], row["size"]): row for line in lines for row in line["rows"]}


def _table(lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    if any(line["quick"] for line in lines):
        raise NotWhole("--quick measures nothing that is worth writing down")
    from tests.benchmarks.table.runs import GROUPS

    found = _figures(lines)
    if missing := [name for name in GROUPS if name not in {figure["group"] for figure in found.values()}]:
        raise NotWhole(f"of the table: {', '.join(missing)}")
    yield from _circumstances(lines)
    yield "| figure | goal | ours | limit beside it | ours / limit | plain way | better than plain |"
    yield "|---|---|---|---|---|---|---|"
    for one in found.values():
        mark = "" if one["reached"] else " *"
        values = (f"{_said(one[key])} {one['unit']}" for key in ("goal", "ours", "limit", "plain"))
        goal, ours, limit, plain = values
        better = f"{_said(one['to_plain'])} ×" if one["to_plain"] is not None else "–"
        yield f"| {one['figure']} | {goal} | {ours}{mark} | {limit} | {_said(one['ratio'])} | {plain} | {better} |"
    yield ""
    yield "\\* not reached. What stands beside each, and how much was done for it:"
    yield ""
    for one in found.values():
        took = f" {one['took']}." if one["took"] else ""
        yield f"* **{one['figure']}**: {one['size']}.{took} Limit: {one['limit_is']}. Plain: {one['plain_is']}."


def _growth(lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    found = _rows(lines)
    if missing := [name for name in GROWTH if name not in {row for row, _ in found}]:
        raise NotWhole(f"of growth: {', '.join(missing)}")
    yield from _circumstances(lines)
    yield "| what grows | | | |"
    yield "|---|---|---|---|"
    for name, (title, keys) in GROWTH.items():
        sizes = [row for (row_name, _), row in sorted(found.items()) if row_name == name]
        cells = [f"**{row['size']:,}**: {', '.join(_words(row, keys))}" for row in sizes]
        yield f"| {title} | {' | '.join([*cells, '', ''][:3])} |"


def _words(row: dict[str, Any], keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        yield WORDS[key].format(_said(row[key]))


def _circumstances(lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        there, at = line["machine"], line["date"][:16].replace("T", " ")
        yield (
            f"`{line['command']}`, {at} UTC, commit {line['commit']}, {line['seconds']} s, load at its "
            f"end {line['load']}: {there['cores']} cores ({there['processor']}), {there['memory_gb']} GB, "
            f"Python {there['python']}, PostgreSQL {there['postgresql']}, all processes and the carrier on it."
        )
        yield ""


def _said(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:g}"
