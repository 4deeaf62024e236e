"""Print the key map of an account: the JSON that is pasted into the bot's push settings. It holds the push token."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialer.accounts.key_maps import key_map
from dialer.management.accounts import account_named, takes_account


class Command(BaseCommand):
    """Print an account's key map."""

    help = "Print the JSON to paste into the provider's push settings of ACCOUNT (its name or number)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the account's name or id."""
        takes_account(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the key map to standard output; fail when there is no such account or no key map."""
        account = account_named(options["account"])
        mapping = key_map(account)
        if mapping is None:
            raise CommandError(f"{account.api.name} needs no key map: give it the push address, {account.push_url}")
        self.stdout.write(json.dumps(mapping, indent=2, ensure_ascii=False))
