"""Puts the numbers of a file on a suppression list, for scheduled jobs: exits non-zero when it could not."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from campaigns.importing import ImportProblem
from campaigns.management.file_choices import add_file_choices, choices_of
from campaigns.management.named import one_named
from campaigns.models import SuppressionList
from campaigns.suppression import NumberResult, suppress_file
from dialer.management.acting import ActingCommand

FIRST_REFUSALS = 5
PIECE_BYTES = 1024 * 1024


class Command(ActingCommand):
    """Suppress the numbers of a file and print what became of them."""

    help = "Put the numbers of a CSV or Excel file on a suppression list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("list", help="name or id of the suppression list")
        parser.add_argument("file", type=Path, help="CSV or .xlsx with a header row")
        parser.add_argument("--create", action="store_true", help="make the list (for all campaigns) if there is none")
        add_file_choices(parser)
        parser.add_argument("--reason", default="", help="kept with each number")
        parser.add_argument("--until", default="", help="ISO 8601 with an offset; default: for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        """Suppress all of the file's numbers or, when something is wrong with it as a whole, none."""
        try:
            with transaction.atomic():
                results = self._results(options)
        except (OSError, ImportProblem, ValueError) as error:
            raise CommandError(f"Nothing was suppressed: {error}") from error
        counts = Counter(result.result for result in results)
        words = ", ".join(f"{count:,} {result.lower()}" for result, count in sorted(counts.items()))
        self.stdout.write(f"{len(results):,} rows: {words}.")
        for result in [result for result in results if result.result == "REFUSED"][:FIRST_REFUSALS]:
            self.stdout.write(f"  row {result.row}: {result.message}")

    def _results(self, options: dict[str, Any]) -> list[NumberResult]:
        name = options["list"]
        if options["create"]:
            found, _ = SuppressionList.objects.get_or_create(name=name)
        else:
            found = one_named(name, model=SuppressionList, cure="; --create makes it")
        return list(
            suppress_file(
                pieces=lambda: _pieces(options["file"]),
                suppression_list=found,
                reason=options["reason"],
                until=_instant(options["until"]),
                region=options["region"].upper() or None,
                choices=choices_of(options),
                now=timezone.now(),
            )
        )


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset; write for example {text}+05:30")
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece
