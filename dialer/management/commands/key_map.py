"""Print the key map of an account: the JSON that is pasted into the bot's push settings. It holds the push token."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialer import providers
from dialer.keymaps import key_map
from dialer.models import ProviderAccount


class Command(BaseCommand):
    """Print an account's key map."""

    help = "Print the JSON to paste into the provider's push settings of ACCOUNT (its name or number)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the account's name or id."""
        parser.add_argument("account", metavar="ACCOUNT", help="Name or id of the account.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the key map to standard output; fail when there is no such account or no key map."""
        given = options["account"]
        account = ProviderAccount.objects.filter(name=given).first()
        if account is None and given.isdigit():
            account = ProviderAccount.objects.filter(pk=int(given)).first()
        if account is None:
            known = ", ".join(ProviderAccount.objects.values_list("name", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no account {given!r}. Accounts: {known}.")
        mapping = key_map(account)
        if mapping is None:
            name = providers.get(account.provider).name
            raise CommandError(f"{name} needs no key map: give it the push address, {account.push_url}")
        self.stdout.write(json.dumps(mapping, indent=2, ensure_ascii=False))
