"""Archives and removes what is older than it is kept, for cron: exits non-zero when something could not be done."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dialer.management.acting import ActingCommand
from dialer.retention.kinds import known
from dialer.retention.runs import Report, UnderWay, retain


class Command(ActingCommand):
    """Archive and remove old rows; say what went, and what could not."""

    help = (
        "Archive (DIALER_ARCHIVE_FOLDER) and remove what is older than its kind is kept (DIALER_KEEP_…_DAYS). Safe to "
        "kill and to repeat. Ends with 1 when something could not be done, with 2 when another run is under way."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to remove and how to tell."""
        parser.add_argument("--kind", action="append", choices=sorted(known()), help="only this one; may be repeated")
        parser.add_argument("--dry-run", action="store_true", help="Remove nothing, only count.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it. Raises CommandError when another run is under way, or the disk fails."""
        bars = Bars()
        try:
            with bars.shown:
                report = retain(
                    names=options["kind"] or (),
                    now=timezone.now(),
                    dry_run=options["dry_run"],
                    counted=True,
                    told=bars.told,
                )
        except UnderWay as error:
            raise CommandError(str(error), returncode=2) from error
        except OSError as error:
            raise CommandError(f"An archive could not be written, so its rows stay: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], **report.as_json()}))
        else:
            self.stdout.write(_in_words(report, dry_run=options["dry_run"]))
        if report.all_problems:
            raise SystemExit(1)


class Bars:
    """A bar for each kind, on standard error."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.shown = Progress(*columns, console=console, disable=not console.is_terminal)
        self._bars: dict[str, TaskID] = {}

    def told(self, kind: str, done: int, total: int | None) -> None:
        """Move a kind's bar."""
        if kind not in self._bars:
            self._bars[kind] = self.shown.add_task(kind, total=total)
        self.shown.update(self._bars[kind], completed=done)


def _in_words(report: Report, *, dry_run: bool) -> str:
    lines = []
    for one in report.kinds:
        if not one.kept_days:
            lines.append(f"{one.kind}: kept for ever")
            continue
        told = f"{one.old or 0:,} old" if dry_run else f"{one.removed:,} of {one.old or 0:,} old removed"
        files = f", in {len(one.files)} archives" if one.files else ""
        lines.append(f"{one.kind}: kept {one.kept_days} days, {told}{files}")
    return "\n".join([*lines, *report.all_problems])
