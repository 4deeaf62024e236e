"""`manage.py stats CAMPAIGN …`: how well calls do, from counts that are kept."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from campaigns.explaining.progress import campaign_progress
from campaigns.explaining.statistics import By, Figures, campaign_statistics
from campaigns.management.named import named
from campaigns.models import Campaign
from dialer.management.acting import ActingCommand
from dialer.management.bars import Bar

RATES = ("answer_rate", "contact_rate", "conversion_rate")
FIGURES = ("calls", "answered", "contacts", "conversions", "talk_seconds", "is_talk_told", *RATES)


class Command(ActingCommand):
    """Print statistics."""

    help = "Say how far campaigns are, and how well their calls do: answers, contacts, conversions and talk time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("campaign", nargs="+", metavar="CAMPAIGN", help="name or id")
        parser.add_argument(
            "--by", action="append", choices=[str(each) for each in By], default=[], help="may be repeated"
        )
        parser.add_argument(
            "--converted", action="append", default=[], metavar="DISPOSITION", help="what is a success; repeatable"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count nothing: read what is counted. Raises CommandError for a campaign that is not there."""
        campaigns = named(options["campaign"], model=Campaign)
        told = []
        with Bar("campaigns", total=len(campaigns)) as bar:
            for number, campaign in enumerate(campaigns, 1):
                told.append(_of(campaign, [By(each) for each in options["by"]], options["converted"]))
                bar.at(number)
        if options["json"]:
            self.stdout.write(json.dumps({"campaigns": told}, ensure_ascii=False))
            return
        for one in told:
            self.stdout.write(f"{one['name']} ({one['state']}): {_counts(one['leads_by_state'])}")
            for row in ({"name": "all"} | one["total"], *one["rows"]):
                self.stdout.write(f"  {row['name']:24} {_in_words(row)}")


def _of(campaign: Campaign, by: list[By], converted: list[str]) -> dict[str, Any]:
    found = campaign_statistics(campaign_id=campaign.pk, by=by, converted=converted)
    return {
        "id": campaign.pk,
        "name": campaign.name,
        "state": str(campaign.state),
        "time_zone": campaign.time_zone,
        "leads_by_state": campaign_progress([campaign.pk])[campaign.pk].leads_by_state,
        "total": _figures(found.total),
        "rows": [{"by": str(row.by), "value": row.value, "name": row.name} | _figures(row) for row in found.rows],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in FIGURES} | {"outcomes": dict(figures.outcomes)}


def _in_words(row: dict[str, Any]) -> str:
    rates = ", ".join(f"{name.partition('_')[0]} {row[name]:.1%}" for name in RATES if row[name] is not None)
    talk = f"{row['talk_seconds']:,.0f} s talk" if row["is_talk_told"] else "talk time not told"
    return f"{row['calls']:,} calls, {talk}" + (f", {rates}" if rates else "")


def _counts(by_state: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state.lower()}" for state, count in by_state.items() if count) or "no leads"
