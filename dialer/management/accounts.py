"""Finds the account that a command was given by name or id."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser

from dialer.models import ProviderAccount


def takes_account(parser: CommandParser) -> None:
    """Declare the argument."""
    parser.add_argument("account", metavar="ACCOUNT", help="Name or id of the account.")


def account_named(given: str) -> ProviderAccount:
    """Return the account with this name or id. Raises CommandError that names those there are."""
    account = ProviderAccount.objects.filter(name=given).first()
    if account is None and given.isdecimal():
        account = ProviderAccount.objects.filter(pk=int(given)).first()
    if account is None:
        known = ", ".join(ProviderAccount.objects.values_list("name", flat=True)[:20]) or "none yet"
        raise CommandError(f"There is no account {given!r}. Accounts: {known}.")
    return account
