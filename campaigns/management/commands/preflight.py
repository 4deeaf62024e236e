"""Looks at a campaign before its start: ``preflight 3``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.explaining.preflight import preflight
from campaigns.management.named import one_named
from campaigns.models import Campaign
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Print a preflight; exits non-zero when the campaign cannot be started."""

    help = "Say whom a campaign would call, what is missing, and when it would be done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("campaign", help="name or id of the campaign")
        parser.add_argument("--talk-seconds", type=float, default=60.0)
        parser.add_argument("--ring-seconds", type=float, default=20.0)
        parser.add_argument("--answer-percent", type=float, default=40.0)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, and print."""
        campaign = one_named(options["campaign"], model=Campaign)
        assumed = {name: options[name] for name in ("talk_seconds", "ring_seconds", "answer_percent")}
        found = preflight(campaign=campaign, now=timezone.now(), **assumed)
        if options["json"]:
            self.stdout.write(orjson.dumps(found.as_dict(), option=orjson.OPT_UTC_Z).decode())
        else:
            self._print(found.as_dict())
        if found.problems:
            raise CommandError(" ".join(found.problems))

    def _print(self, found: dict[str, Any]) -> None:
        self.stdout.write(
            f"{found['people']:,} people: {found['callable']:,} callable ({found['capped']:,} of them capped for now, "
            f"{found['suppressed_for_now']:,} suppressed until a date, {found['held']:,} to decide on), "
            f"{found['suppressed']:,} suppressed, "
            f"{found['invalid']:,} invalid, {found['never']:,} never inside any window, "
            f"{found['lacking_required']:,} without what the profile requires. "
            f"{found['refused_rows']:,} rows of uploads were refused, {found['duplicate_rows']:,} were duplicates."
        )
        self.stdout.write(f"{found['verdict']}: {found['said']}.")
        for sentence in (*found["refusals"], *found["warnings"]):
            self.stdout.write(f"  {sentence}")
        for reason, people in found["never_reasons"].items():
            self.stdout.write(f"  {people:,} never: {reason}")
        for one in found["missing_variables"]:
            rows = ", ".join(f"#{row}" for row in one["rows"])
            self.stdout.write(f"  {one['contacts']:,} lack {one['name']} ({one['needed_by']}): {rows}")
        for one in found["accounts"][1:]:
            self.stdout.write(
                f"{one['name']} stands by with {one['lines']:,} lines and the template {one['template']}."
            )
        assumed = ", ".join(f"{name} {value}" for name, value in found["assumed"].items() if value is not None)
        self.stdout.write(f"Assumed: {assumed}.")
        finish = f"{found['finish_at']:%Y-%m-%d %H:%M} UTC" if found["finish_at"] else "not within the plan"
        self.stdout.write(f"{found['calls']:,} calls; done: {finish}.")
        for hour in found["hours"]:
            self.stdout.write(f"  {hour['hour']:%Y-%m-%d %H:00} UTC  {hour['calls']:,}")
