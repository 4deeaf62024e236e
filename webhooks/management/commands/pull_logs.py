"""Reads an account's call log of the last hours again, for people and for cron."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from dialer.management.accounts import account_named, takes_account
from dialer.management.acting import ActingCommand
from webhooks.log_rereading import NoLog, catch_up


class Command(ActingCommand):
    """Pull one account's log; exit non-zero when it could not be read to its end."""

    help = "Read the call log of ACCOUNT (name or id) of the last hours, and have what is new applied."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        takes_account(parser)
        parser.add_argument("--hours", type=float, default=24.0, help="how far back (24)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what came of it. Raises CommandError where the log was not read to its end."""
        now = timezone.now()
        if options["hours"] <= 0:
            raise CommandError("--hours must be more than 0.")
        account = account_named(options["account"])
        try:
            done = catch_up(account=account, since_at=now - timedelta(hours=options["hours"]), now=now)
        except NoLog as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(done.as_json()))
        else:
            self.stdout.write(f"{done.rows:,} rows since {done.since_at:%Y-%m-%d %H:%M} UTC, {done.new:,} of them new.")
        if done.problem:
            raise CommandError(f"The log was not read to its end: {done.problem}")
