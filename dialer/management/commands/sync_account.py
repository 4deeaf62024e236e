"""Reads what an account has at its provider, for people and for scheduled jobs."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from dialer.accounts.sync.reading import NothingToSync
from dialer.accounts.sync.runs import SyncUnderWay, run_sync
from dialer.management.accounts import account_named, takes_account
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Sync one account; exit 1 when a list could not be read."""

    help = "Read flows, bots, templates, agents, DIDs, lists and labels of ACCOUNT (name or id) from its provider."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        takes_account(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what came of each kind."""
        try:
            done = run_sync(account=account_named(options["account"]), now=timezone.now(), by="sync_account")
        except (NothingToSync, SyncUnderWay) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(done.as_json(), ensure_ascii=False))
        else:
            for kind in done.kinds:
                what = (
                    kind.problem or f"{kind.listed} listed, {kind.new} new, {kind.gone} gone, {kind.unread} unreadable"
                )
                self.stdout.write(f"{kind.kind.label:15} {what}")
        if not done.is_whole:
            sys.exit(1)
