"""The commands `start`, `pause`, `resume` and `stop`: what the buttons do, for cron and for scripts."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.lifecycle.operations import problems_of
from campaigns.management.named import named
from campaigns.models import Attempt, Campaign, Lead, LeadState
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import command_actor
from dialer.management.acting import ActingCommand
from dialer.management.bars import Bar


class OperatingCommand(ActingCommand):
    """Does one thing with each of the campaigns named. Ends with 1 where one of them could not."""

    verb: str
    has_reason = False
    operation: Callable[..., Any]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("campaign", nargs="+", metavar="CAMPAIGN", help="name or id")
        if self.has_reason:
            parser.add_argument("--reason", default="", help="is shown beside the state")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would come of it")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, one after the other. Raises CommandError for a campaign that is not there: nothing is done then."""
        campaigns = named(options["campaign"], model=Campaign)
        done = []
        with Bar(self.verb, total=len(campaigns)) as bar:
            for number, campaign in enumerate(campaigns, 1):
                done.append(self._one(campaign, options))
                bar.at(number)
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "campaigns": done}, ensure_ascii=False))
        else:
            self.stdout.writelines(_in_words(one, options["dry_run"], self.verb) for one in done)
        if problems := [f"{one['name']}: {' '.join(one['problems'])}" for one in done if one["problems"]]:
            raise CommandError("\n".join(problems))

    def _one(self, campaign: Campaign, options: dict[str, Any]) -> dict[str, Any]:
        now, problems, unconfirmed = timezone.now(), [], []
        if options["dry_run"]:
            problems = problems_of(campaign=campaign, verb=self.verb, now=now)
        else:
            reason = {"reason": options["reason"]} if self.has_reason else {}
            try:
                found = type(self).operation(campaign_id=campaign.pk, now=now, by=command_actor().by, **reason)
                unconfirmed = list(getattr(found, "unconfirmed", ()))
            except UnableToOperate as error:
                problems = list(error.problems)
        campaign.refresh_from_db()
        return {
            "id": campaign.pk,
            "name": campaign.name,
            "state": str(campaign.state),
            "state_reason": campaign.state_reason,
            "in_flight": Attempt.objects.filter(campaign=campaign, ended_at=None).count(),
            "waiting": Lead.objects.filter(campaign=campaign, state=LeadState.PENDING).count(),
            "unconfirmed": unconfirmed,
            "problems": problems,
        }


def _in_words(one: dict[str, Any], is_dry: bool, verb: str) -> str:
    if one["problems"]:
        return f"{one['name']}: not done."
    would = f" (it would {verb})" if is_dry else ""
    figures = f"{one['in_flight']:,} calls in flight, {one['waiting']:,} wait."
    return " ".join([f"{one['name']}: {one['state']}{would}, {figures}", *one["unconfirmed"]])
