"""Fetches an import source and imports its file, for cron: exits non-zero when it could not."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.importing.fetching import UnableToFetch, import_source
from campaigns.management.named import one_named
from campaigns.models import ImportSource
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Import one source."""

    help = "Fetch an import source and import its file, unless it is the one that was imported before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="name or id of the import source")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the sums. Raises CommandError when nothing could be imported."""
        source = one_named(options["source"], model=ImportSource)
        try:
            done = import_source(source=source, now=timezone.now())
        except UnableToFetch as problem:
            raise CommandError(str(problem)) from problem
        if done is None:
            self.stdout.write("The same file as before: nothing to import.")
            return
        self.stdout.write(
            f"{done.rows_total:,} rows: {done.rows_accepted:,} accepted, {done.rows_duplicate:,} duplicate, "
            f"{done.rows_refused:,} refused."
        )
