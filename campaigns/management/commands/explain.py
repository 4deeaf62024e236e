"""Says why a lead is called now or is not: ``explain lead 17``, ``explain lead +919812345678``."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.explaining.leads import explain_leads
from campaigns.models import Lead
from dialer.numbers import normalise

#: Of a number that waits in many campaigns, so many of the latest leads are explained.
MOST_LEADS = 20


class Command(BaseCommand):
    """Print an explanation."""

    help = "Say whether a lead may be called now, by every rule with its values, and when next."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        subjects = parser.add_subparsers(dest="subject", required=True)
        lead = subjects.add_parser("lead", help="may it be called now?")
        lead.add_argument("which", help="id of the lead, or a number with + and country code")
        for one in (lead,):
            one.add_argument("--json", action="store_true", help="print JSON, one object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain, and print."""
        self._leads(options["which"], as_json=options["json"])

    def _leads(self, which: str, *, as_json: bool) -> None:
        found = explain_leads(lead_ids=_lead_ids(which), now=timezone.now())
        if not found:
            raise CommandError(f"There is no lead {which}.")
        for one in found.values():
            if as_json:
                self._print_json(one.as_dict())
                continue
            self.stdout.write(f"Lead #{one.lead_id} of campaign #{one.campaign_id}, {_instant(one.at)}: {one.said}")
            if one.next_at is not None and not one.allowed:
                self.stdout.write(f"  By the rules from {_instant(one.next_at)} on.")
            for check in one.checks:
                self.stdout.write(f"  {'ok     ' if check.is_ok else 'refuses'}  {check.limit:<16} {check.said}")

    def _print_json(self, value: Any) -> None:
        self.stdout.write(orjson.dumps(value, option=orjson.OPT_UTC_Z).decode())


def _lead_ids(which: str) -> list[int]:
    if which.isdecimal():
        return [int(which)]
    number = normalise(which, region=None)
    if not isinstance(number, str):
        raise CommandError(f"{which}: {number.message}")
    return list(Lead.objects.filter(number=number).order_by("-id").values_list("id", flat=True)[:MOST_LEADS])


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
