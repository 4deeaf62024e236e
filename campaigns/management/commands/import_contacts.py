"""Imports a CSV or Excel file into a contact list, for scheduled jobs: exits non-zero when it could not."""

from __future__ import annotations

import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import connection
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from campaigns.idempotency import KeyReused
from campaigns.importing import ImportProblem, create_import, run_import
from campaigns.importing.reading import said
from campaigns.management.file_choices import add_file_choices, choices_of
from campaigns.models import ContactImport, ContactList, ImportState
from dialer.management.acting import ActingCommand

FIRST_REFUSALS = 5


class Command(ActingCommand):
    """Import a file and print what became of its rows."""

    help = "Import a CSV or Excel file into a contact list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("list", help="name of the contact list")
        parser.add_argument("file", type=Path, help="CSV (UTF-8, UTF-16, or see --encoding) or .xlsx")
        parser.add_argument("--create", action="store_true", help="make the list when there is none")
        parser.add_argument("--region", default="", help="with --create: country of numbers without code, e.g. IN")
        add_file_choices(parser)
        parser.add_argument("--if-duplicate", choices=("skip", "update"), default="skip")
        parser.add_argument("--idempotency-key", default="", help="a key that was used before imports nothing again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print the sums and the first refusals. Raises CommandError when nothing was imported."""
        contact_list = self._list(options)
        try:
            with options["file"].open("rb") as stream:
                found, is_new = create_import(
                    contact_list=contact_list,
                    stream=stream,
                    file_name=options["file"].name,
                    idempotency_key=options["idempotency_key"] or None,
                    choices=choices_of(options),
                    if_duplicate=options["if_duplicate"],
                )
        except (OSError, ImportProblem, KeyReused) as error:
            raise CommandError(str(error)) from error
        if not is_new:
            self.stdout.write(f"This key was used before, by import #{found.pk}.")
        found = self._run(found)
        if found.state == ImportState.FAILED:
            raise CommandError(f"Nothing was imported: {found.problem}")
        if found.state != ImportState.DONE:
            raise CommandError(f"Another import to this list is running; import #{found.pk} will be run after it.")
        self._print(found)

    def _list(self, options: dict[str, Any]) -> ContactList:
        found = ContactList.objects.filter(name=options["list"]).first()
        if found is not None:
            return found
        if not options["create"]:
            raise CommandError(f"There is no contact list {options['list']!r}; --create makes it.")
        found = ContactList(name=options["list"], default_region=options["region"].upper())
        try:
            found.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        found.save()
        return found

    def _run(self, found: ContactImport) -> ContactImport:
        """Run the import here; what takes longer than a second shows how far it is."""
        is_over = threading.Event()
        shown = threading.Thread(target=self._show, args=(found.pk, is_over), daemon=True)
        shown.start()
        try:
            return run_import(import_id=found.pk)
        finally:
            is_over.set()
            shown.join()

    def _show(self, import_id: int, is_over: threading.Event) -> None:
        began = time.monotonic()
        if is_over.wait(1.0) or not self.stderr.isatty():
            return
        columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, transient=True) as bar:
            task = bar.add_task("rows", total=None)
            while not is_over.wait(0.5):
                rows = ContactImport.objects.values_list("rows_read", flat=True).get(pk=import_id)
                bar.update(task, completed=rows, description=f"{rows / (time.monotonic() - began):,.0f}/s")
        connection.close()

    def _print(self, found: ContactImport) -> None:
        updated = f" ({found.rows_updated:,} of them updated)" if found.rows_updated else ""
        self.stdout.write(
            f"{found.rows_total:,} rows: {found.rows_accepted:,} accepted{updated}, "
            f"{found.rows_duplicate:,} duplicate, {found.rows_refused:,} refused."
        )
        if read := said(found.read_as):
            self.stdout.write(read)
        for refusal in found.refusals.order_by("row_number")[:FIRST_REFUSALS]:
            field = f" {refusal.field}:" if refusal.field else ""
            self.stdout.write(f"  row {refusal.row_number}:{field} {refusal.message}")
        left = found.rows_duplicate + found.rows_refused - FIRST_REFUSALS
        if left > 0:
            self.stdout.write(f"  and {left:,} more; the report of import #{found.pk} has all of them.")
