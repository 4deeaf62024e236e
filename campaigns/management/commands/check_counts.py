"""Holds the kept counts of campaigns against their leads and attempts: ``check_counts [--repair] [--json]``."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.counting.checkups import check_counts
from campaigns.management.named import named
from campaigns.models import Campaign
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Compare, print, and repair where that is asked for."""

    help = "Compare the kept counts of campaigns with their rows; exit code 1 where they differ and are not repaired."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("campaigns", nargs="*", help="names or ids of campaigns (all)")
        parser.add_argument("--repair", action="store_true", help="make the counts what the rows come to")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, campaigns: list[str], repair: bool, json: bool, **_: Any) -> None:
        """Check. Raises CommandError for a campaign that there is none of, and where something differs."""
        known = Campaign.objects.order_by("pk").values_list("pk", flat=True)
        ids = sorted({one.pk for one in named(campaigns, model=Campaign)}) if campaigns else list(known)
        found = check_counts(campaign_ids=ids, now=timezone.now(), repair=repair)
        if json:
            said = {"campaigns": len(ids), "differences": [asdict(each) for each in found], "repaired": repair}
            self.stdout.write(orjson.dumps(said).decode())
        else:
            for each in found:
                self.stdout.write(str(each).capitalize())
            self.stdout.write(f"Looked at {len(ids)} campaigns; {len(found)} counts differed.")
        if found and not repair:
            raise CommandError(
                "Counts differ from the rows. Repair them: manage.py check_counts --repair", returncode=1
            )
