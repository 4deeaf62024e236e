"""Imports a file into a contact list, for scheduled jobs: exits non-zero when it could not, or took too little."""

from __future__ import annotations

import json
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import connection
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from campaigns.idempotency import KeyReused
from campaigns.importing import ImportProblem, create_import, first_rows, run_import
from campaigns.importing.reading import said
from campaigns.management.file_choices import add_file_choices, choices_of
from campaigns.management.named import one_named
from campaigns.models import ContactImport, ContactList, IfDuplicate, ImportState
from dialer.management.acting import ActingCommand

FIRST_REFUSALS = 5
ROWS = ("total", "accepted", "updated", "duplicate", "refused")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(1024 * 1024), b"")


class Command(ActingCommand):
    """Import a file and print what became of its rows."""

    help = "Import a file (CSV, TSV, .xlsx, JSON Lines; also packed by gzip or zip) into a contact list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("list", help="name or id of the contact list")
        parser.add_argument("file", type=Path, help="CSV, TSV, .xlsx or JSON Lines, packed or not")
        parser.add_argument("--create", action="store_true", help="make the list when there is none")
        add_file_choices(parser)
        duplicates = [choice.lower() for choice in IfDuplicate.values]
        parser.add_argument("--if-duplicate", choices=duplicates, default="skip")
        parser.add_argument("--dry-run", action="store_true", help="only try: show the first rows as they will be read")
        parser.add_argument(
            "--most-refused",
            type=float,
            default=100.0,
            metavar="PERCENT",
            help="exit with 1 where more of the rows are refused; with all of them refused it always does",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
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
                    is_dry_run=options["dry_run"],
                )
        except (OSError, ImportProblem, KeyReused) as error:
            raise CommandError(str(error)) from error
        if not is_new and not options["json"]:
            self.stdout.write(f"This key was used before, by import #{found.pk}.")
        found = self._run(found)
        if options["json"]:
            self.stdout.write(json.dumps(self._as_json(found, options), ensure_ascii=False))
        if found.state == ImportState.FAILED:
            raise CommandError(f"Nothing was imported: {found.problem}")
        if found.state == ImportState.CANCELED:
            raise CommandError(found.problem)
        if found.state != ImportState.DONE:
            raise CommandError(f"Another import to this list is running; import #{found.pk} will be run after it.")
        if not options["json"]:
            if found.is_dry_run:
                self._print_first_rows(found, options)
            self._print(found)
        refused = 100.0 * found.rows_refused / max(found.rows_total, 1)
        if refused >= 100 or refused > options["most_refused"]:
            raise CommandError(f"{found.rows_refused:,} of {found.rows_total:,} rows were refused.")

    def _as_json(self, found: ContactImport, options: dict[str, Any]) -> dict[str, Any]:
        told = ("file_name", "state", "is_dry_run", *(f"rows_{kind}" for kind in ROWS), "columns", "read_as", "problem")
        refusals = found.refusals.order_by("row_number").values("row_number", "field", "code", "message")
        return {
            "import": found.pk,
            **{name: getattr(found, name) for name in told},
            "first_refusals": list(refusals[:FIRST_REFUSALS]),
            "first_rows": self._first_rows(found, options) if found.is_dry_run else None,
        }

    def _first_rows(self, found: ContactImport, options: dict[str, Any]) -> list[dict[str, Any]]:
        path, region = options["file"], found.contact_list.default_region
        return list(first_rows(lambda: _pieces(path), choices=choices_of(options), region=region))

    def _print_first_rows(self, found: ContactImport, options: dict[str, Any]) -> None:
        for row in self._first_rows(found, options):
            self.stdout.write(json.dumps(row, ensure_ascii=False))
        self.stdout.write("This was only tried; no contact was made.")

    def _list(self, options: dict[str, Any]) -> ContactList:
        if not options["create"]:
            found: ContactList = one_named(options["list"], model=ContactList, cure="; --create makes it")
            return found
        known = ContactList.objects.filter(name=options["list"]).first()
        if known is not None:
            return known
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
                found = ContactImport.objects.get(pk=import_id)
                rows, share = found.rows_read, found.bytes_read / found.bytes_total if found.bytes_total else 0
                total = int(rows / share) if share else None
                bar.update(task, completed=rows, total=total, description=f"{rows / (time.monotonic() - began):,.0f}/s")
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
