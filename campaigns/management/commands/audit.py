"""Holds the promises of the house against what is stored: ``audit [--since …] [--json]``; for people and for cron."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from campaigns.placing.clock import MOST_OFF_SECONDS
from campaigns.promises.audit import Report, audit
from campaigns.promises.findings import PROMISES


class Command(BaseCommand):
    """Look, print, and say by the exit code whether a promise was broken."""

    help = (
        "Hold the promises against what is stored, without changing anything. Ends with 1 where one was broken, each "
        "with what to do about it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--since",
            type=_since,
            help="calls from then on: 2026-03-01, 2026-03-01T08:00+05:30 (without a zone: UTC), or 36h, 7d (all)",
        )
        parser.add_argument(
            "--clocks",
            type=float,
            default=MOST_OFF_SECONDS,
            metavar="SECONDS",
            help=f"so far apart the clocks of your machines may have been ({MOST_OFF_SECONDS:g}); on one machine 0.05",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, since: datetime | None, clocks: float, json: bool, **_: Any) -> None:
        """Look. Raises CommandError where a promise was broken, or an option is none."""
        now = timezone.now()
        if not 0 <= clocks <= 60:
            raise CommandError("--clocks takes seconds from 0 to 60.", returncode=2)
        if since is not None and since >= now:
            raise CommandError("--since must be in the past.", returncode=2)
        with Console(stderr=True).status("Holding the promises against what is stored") as status:
            report = audit(
                now=now,
                since=since,
                clocks_differ=timedelta(seconds=clocks),
                told=lambda what: status.update(f"Looking at: {what}"),
            )
        self.stdout.write(orjson.dumps(report.as_json()).decode() if json else in_words(report))
        if report.violations:
            raise CommandError(
                f"{report.violations:,} rows break a promise. See docs/operating.md, The audit.", returncode=1
            )


def in_words(report: Report) -> str:
    """Return a report as lines: each promise, and below it what breaks it."""
    lines = []
    for number, name in PROMISES.items():
        broken = [finding for finding in report.findings if finding.check.promise == number]
        lines.append(f"{'BROKEN' if broken else 'held  '}  {number}. {name}")
        lines += [f"        {finding}" for finding in broken]
    lines.append(f"Looked at {report.calls:,} calls in {report.seconds:.1f} s.")
    if report.not_judged:
        lines.append(
            f"The lines of {report.not_judged:,} calls could not be judged: a fleet may have given them away, and no "
            "result says how long they were."
        )
    return "\n".join(lines)


def _since(text: str) -> datetime:
    """Return an instant, or so many hours or days before now."""
    units = {"h": timedelta(hours=1), "d": timedelta(days=1)}
    try:
        if text[-1:] in units:
            return timezone.now() - float(text[:-1]) * units[text[-1]]
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ArgumentTypeError(f"{text!r} is no instant: write 2026-03-01, 2026-03-01T08:00, 36h or 7d.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
