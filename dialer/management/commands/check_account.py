"""Looks at an account and says in plain words what is wrong, for people and for scheduled jobs."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from dialer.accounts.check.checkup import Checkup, check_account
from dialer.accounts.findings import Verdict
from dialer.management.accounts import account_named, takes_account
from dialer.management.acting import ActingCommand

MARKS = {Verdict.OK: "ok", Verdict.WARNING: "WARNING", Verdict.PROBLEM: "PROBLEM", Verdict.UNKNOWN: "?"}


class Command(ActingCommand):
    """Check one account; exit 1 when something is wrong."""

    help = (
        "Test credentials and reach of ACCOUNT (name or id), add the numbers that are listed there, say what is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        takes_account(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")
        parser.add_argument("--strict", action="store_true", help="exit 1 for warnings, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found."""
        checkup = check_account(account=account_named(options["account"]), now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(checkup.as_json(), ensure_ascii=False))
        else:
            self._sentences(checkup)
        warned = any(finding.verdict is Verdict.WARNING for finding in checkup.findings)
        if not checkup.is_fine or (options["strict"] and warned):
            sys.exit(1)

    def _sentences(self, checkup: Checkup) -> None:
        for finding in checkup.findings:
            self.stdout.write(f"{MARKS[finding.verdict]:8} {finding.subject:9} {finding.text}")
            if finding.remedy and finding.verdict is not Verdict.OK:
                self.stdout.write(f"{'':18} → {finding.remedy}")
