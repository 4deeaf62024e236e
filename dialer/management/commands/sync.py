"""`manage.py sync ACCOUNT …`: reads what accounts have at their providers, for people and for scheduled jobs."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from dialer import providers
from dialer.accounts.sync.reading import NothingToSync, lists_of
from dialer.accounts.sync.runs import SyncUnderWay, run_sync
from dialer.management.accounts import account_named
from dialer.management.acting import ActingCommand
from dialer.management.bars import Bar
from dialer.models import ProviderAccount


class Command(ActingCommand):
    """Sync accounts; exit 1 when a list could not be read."""

    help = (
        "Read flows, bots, templates, agents, DIDs, lists and labels of ACCOUNT (name or id; none: every active one "
        "that lists anything) from its provider. Ends with 1 where something could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("account", nargs="*", metavar="ACCOUNT", help="name or id")
        parser.add_argument("--dry-run", action="store_true", help="ask nobody, only say what would be asked for")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what came of each kind. One account's failure stops no other."""
        accounts = [account_named(name) for name in options["account"]] or list(
            ProviderAccount.objects.filter(provider__in=providers.able("lists"), is_active=True).order_by("id")
        )
        done = []
        with Bar("accounts", total=len(accounts)) as bar:
            for number, account in enumerate(accounts, 1):
                done.append(_asked(account) if options["dry_run"] else _synced(account))
                bar.at(number)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "accounts": done}, ensure_ascii=False))
        else:
            self.stdout.writelines(line for one in done for line in _lines(one))
        if problems := [f"{one['account']}: {one['problem']}" for one in done if one["problem"]]:
            raise CommandError("\n".join(problems))


def _asked(account: ProviderAccount) -> dict[str, Any]:
    try:
        kinds = [{"kind": str(kind)} for kind in lists_of(account).kinds]
    except NothingToSync as error:
        return {"account": account.name, "kinds": [], "problem": str(error)}
    return {"account": account.name, "kinds": kinds, "problem": ""}


def _synced(account: ProviderAccount) -> dict[str, Any]:
    try:
        done = run_sync(account=account, now=timezone.now(), by="sync")
    except (NothingToSync, SyncUnderWay) as error:
        return {"account": account.name, "kinds": [], "problem": str(error)}
    return {**done.as_json(), "account": account.name, "problem": done.problem}


def _lines(one: dict[str, Any]) -> list[str]:
    said = [f"{one['account']}:"]
    for kind in one["kinds"]:
        what = kind.get("problem") or ", ".join(
            f"{kind[name]} {words}"
            for name, words in {"listed": "listed", "new": "new", "gone": "gone", "unread": "unreadable"}.items()
            if name in kind
        )
        said.append(f"  {kind['kind']:15} {what}".rstrip())
    return said
