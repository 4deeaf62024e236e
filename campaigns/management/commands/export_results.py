"""Writes a campaign's calls or leads as CSV or JSON lines, for cron: exits non-zero when it could not."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.results.export import export, write
from dialer.accesses import command_reader
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Export one campaign."""

    help = "Write the calls or leads of a campaign to a file, or to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("campaign", help="name of the campaign")
        parser.add_argument("--what", choices=("attempts", "leads"), default="attempts")
        parser.add_argument("--form", choices=("csv", "jsonl"), default="csv")
        parser.add_argument("--since", default="", help="ended at or after; ISO 8601 with an offset")
        parser.add_argument("--until", default="", help="ended before; ISO 8601 with an offset")
        parser.add_argument("--out", type=Path, help="the file; default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write. Raises CommandError when there is no such campaign, or nowhere to write."""
        found = Campaign.objects.filter(name=options["campaign"]).first()
        if found is None:
            raise CommandError(f"There is no campaign {options['campaign']!r}.")
        since, until = (_instant(options[name]) for name in ("since", "until"))
        lines = export(
            campaign_id=found.pk,
            what=options["what"],
            form=options["form"],
            reader=command_reader(),
            now=timezone.now(),
            since=since,
            until=until,
        )
        if options["out"] is None:
            for line in lines:
                self.stdout.write(line.decode(), ending="")
            return
        try:
            size_bytes = write(options["out"], lines)
        except OSError as error:
            raise CommandError(f"Nothing was written: {error}") from error
        self.stdout.write(f"{options['out']}: {size_bytes:,} bytes.")


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no instant.") from error
    if found.tzinfo is None:
        raise CommandError(f"{text} has no offset; write for example {text}+05:30")
    return found
