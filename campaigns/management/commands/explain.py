"""Says why: ``explain lead 17``, ``explain lead +919812345678``, ``explain campaign 3``, ``explain number +91…``."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.acts import EVIDENCE
from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.proving import as_csv, as_jsonl
from campaigns.explaining.why_not_now import explain_leads
from campaigns.management.named import one_named
from campaigns.models import Campaign, Lead
from dialer.accesses import command_reader, note_access
from dialer.management.acting import ActingCommand
from dialer.models import AccessKind
from dialer.numbers import normalise

#: Of a number that waits in many campaigns, so many of the latest leads are explained.
MOST_LEADS = 20


class Command(ActingCommand):
    """Print an explanation."""

    help = "Say whether a lead may be called now, what holds a campaign back, or why a number was called or not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        subjects = parser.add_subparsers(dest="subject", required=True)
        lead = subjects.add_parser("lead", help="may it be called now?")
        lead.add_argument("which", help="id of the lead, or a number with + and country code")
        campaign = subjects.add_parser("campaign", help="what holds it back now?")
        campaign.add_argument("which", help="name or id of the campaign")
        number = subjects.add_parser("number", help="the record of a number: every decision with its rule")
        number.add_argument("which", help="with + and country code")
        number.add_argument("--csv", action="store_true", help="print CSV, not a JSON object a line")
        for one in (lead, campaign):
            one.add_argument("--json", action="store_true", help="print JSON, one object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain, and print."""
        if options["subject"] == "lead":
            self._leads(options["which"], as_json=options["json"])
        elif options["subject"] == "campaign":
            self._campaign(one_named(options["which"], model=Campaign).pk, as_json=options["json"])
        else:
            self._number(_number(options["which"]), form="csv" if options["csv"] else "jsonl")

    def _campaign(self, campaign_id: int, *, as_json: bool) -> None:
        found = explain_campaign(campaign_id=campaign_id, now=timezone.now())
        if found is None:
            raise CommandError(f"There is no campaign {campaign_id}.")
        if as_json:
            self._print_json(found.as_dict())
            return
        since = f" Since {_instant(found.since_at)}." if found.since_at else ""
        until = f" Until {_instant(found.until)}." if found.until else ""
        self.stdout.write(f"{found.limit}: {found.said}{since}{until} {found.would_help}".rstrip())
        self.stdout.write(f"  {found.due_now:,} leads are due.")
        if found.lines["said"]:
            self.stdout.write(f"  Lines: {found.lines['said']}.")
        for one in found.waiting:
            self.stdout.write(f"  {one['leads']:,} wait until {_instant(one['next_at'])} or later: {one['reason']}")
        for check in found.checks:
            self.stdout.write(f"  {'ok     ' if check.is_ok else 'refuses'}  {check.limit:<16} {check.said}")

    def _number(self, number: str, *, form: str) -> None:
        details = {"number": number, "form": form}
        reader, now = command_reader(), timezone.now()
        note_access(
            kind=AccessKind.EXPORT, reader=reader, subject="number", now=now, details=details, act=EVIDENCE.name
        )
        if form == "csv":
            for text in as_csv(number=number):
                self.stdout.write(text, ending="")
            return
        for line in as_jsonl(number=number):
            self.stdout.write(line.decode(), ending="")

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
    leads = Lead.objects.filter(number=_number(which)).order_by("-id")
    return list(leads.values_list("id", flat=True)[:MOST_LEADS])


def _number(text: str) -> str:
    number = normalise(text, region=None)
    if not isinstance(number, str):
        raise CommandError(f"{text}: {number.message}")
    return number


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
