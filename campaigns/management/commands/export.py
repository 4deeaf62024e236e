"""`manage.py export CAMPAIGN …`: calls, leads or contacts as a file, with the manifest that proves it whole."""

from __future__ import annotations

import json
import zoneinfo
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.exports.columns import TABLES
from campaigns.exports.running import export, manifest_of, rows_to_come, write
from campaigns.exports.wanted import FORMS, UnableToExport, Wanted
from campaigns.management.named import named
from campaigns.models import Campaign, ContactList
from dialer.accesses import command_reader, sealed
from dialer.management.acting import ActingCommand
from dialer.management.bars import Bar, at_a_terminal


class Command(ActingCommand):
    """Export campaigns, or lists of contacts."""

    help = (
        "Write the calls or leads of campaigns, or the contacts of lists, to a file with FILE.manifest.json beside it, "
        "or to standard output. Ends with 1 when it could not, and then leaves no file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("of", nargs="+", metavar="CAMPAIGN", help="name or id; of contacts: lists")
        parser.add_argument("--what", choices=list(TABLES), default="attempts")
        parser.add_argument("--form", choices=list(FORMS), default="csv")
        parser.add_argument("--columns", default="", help="names with commas between; default: the usual ones")
        parser.add_argument("--variables", default="", help="names with commas between; * for all, a column each")
        parser.add_argument("--time-zone", default="UTC", help="in which instants are written, e.g. Asia/Kolkata")
        parser.add_argument("--left", choices=("true", "false", "all"), default="true", help="calls that left us")
        parser.add_argument("--since", default="", help="ended at or after; ISO 8601 with an offset")
        parser.add_argument("--until", default="", help="ended before; ISO 8601 with an offset")
        parser.add_argument("--out", type=Path, help="the file; default: standard output")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only count the rows")
        parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object; with --out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write. Raises CommandError when there is no such campaign or column, or nowhere to write."""
        wanted = self._wanted(options)
        if options["dry_run"]:
            found = {"dry_run": True, "rows": rows_to_come(wanted), **wanted.as_json()}
            self.stdout.write(json.dumps(found) if options["json"] else f"{found['rows']:,} rows would be written.")
            return
        if options["json"] and options["out"] is None:
            raise CommandError("--json tells of a file: say which one (--out).")
        total = rows_to_come(wanted) if at_a_terminal() and options["out"] is not None else None
        with Bar("rows", total=total) as bar:
            try:
                made = export(wanted, reader=command_reader(), now=timezone.now(), told=bar.at)
            except UnableToExport as error:
                raise CommandError(str(error)) from error
            if options["out"] is None:
                self._print(made)
                return
            try:
                manifest = write(options["out"], made)
            except OSError as error:
                raise CommandError(f"Nothing was written: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(options["out"]), **manifest}))
        else:
            self.stdout.write(f"{options['out']}: {manifest['rows']:,} rows, {manifest['bytes']:,} bytes.")

    def _wanted(self, options: dict[str, Any]) -> Wanted:
        zone = options["time_zone"]
        if zone not in zoneinfo.available_timezones():
            raise CommandError(f"There is no time zone {zone!r}.")
        model = ContactList if options["what"] == "contacts" else Campaign
        return Wanted(
            what=options["what"],
            form=options["form"],
            of_ids=tuple(one.pk for one in named(options["of"], model=model)),
            columns=_names(options["columns"]),
            variables=_names(options["variables"]) or None,
            time_zone=zone,
            left=options["left"],
            since=_instant(options["since"]),
            until=_instant(options["until"]),
        )

    def _print(self, made: Any) -> None:
        out = getattr(self.stdout, "buffer", None)
        for piece in sealed(made.pieces, access=made.access):
            if out is not None:
                out.write(piece)
            else:
                self.stdout.write(piece.decode(errors="replace"), ending="")
        made.access.refresh_from_db()
        if not manifest_of(made.access)["is_whole"]:
            raise CommandError("It broke off.")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


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
