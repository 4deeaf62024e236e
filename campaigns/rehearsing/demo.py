"""What `make demo` shows: two providers, six DIDs, a messy CSV, a few suppressed numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from rich.console import Console

from campaigns.importing import create_import, run_import
from campaigns.models import Campaign, Contact, ContactImport, ContactList, RunsOn, SuppressionList
from campaigns.rehearsing import roles
from campaigns.rehearsing.by_provider import of_one
from campaigns.rehearsing.filling import fill, whole_fill
from campaigns.rehearsing.messy_contacts import FEWEST_ROWS, messy_csv
from campaigns.rehearsing.staging import Line, Stage, stage_account, stage_campaign
from campaigns.rehearsing.summing import leads_and_attempts, limits, print_summary
from campaigns.rehearsing.verdict import disagreements, import_sums
from campaigns.rehearsing.watching import Watch
from campaigns.rules.words import default_callback_words
from campaigns.suppression import suppress
from dialer import providers
from dialer.models import ProviderAccount
from dialer.sandbox.client import SandboxClient

#: The carrier's calls take seconds divided by its time factor, so ours are given short patience.
PATIENCE = {"max_call_seconds": 4, "poll_after_seconds": 3, "reply_timeout_seconds": 3}
RETRIES: dict[str, Any] = {"max_attempts": 3, "retry_rules": {"NO_ANSWER": 4, "BUSY": 3, "FAILED": 3, "MACHINE": 5}}
#: A callback that is asked for comes soon.
CALLBACKS: dict[str, Any] = {"callback_words": default_callback_words(), "callback_after_seconds": 5}
BOTS_LINES = (("+918069000001", 6), ("+918069000002", 4), ("+918069000003", 2), ("+918069000004", 1))
PEOPLES_LINES = (("+918069000005", 8), ("+918069000006", 5))
AGENTS = 12
#: Simulated seconds; the time factor divides them.
CALLS = {"ring_seconds": [3, 15], "talk_seconds": [10, 60], "timeout_seconds": 6, "slow_reply_seconds": 1}
SUPPRESSED = 5
#: Last digits by which the carrier misbehaves: lost and doubled pushes, time-outs that rang, garbage, and so on.
SPECIAL_ENDINGS = tuple(f"{number:02}" for number in range(1, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What was prepared: each campaign with its account and its key in the summary."""

    names: Sequence[str]
    stages: Sequence[Stage]
    campaigns: Sequence[Campaign]
    imports: Sequence[ContactImport]

    def print(self, console: Console, summary: dict[str, Any]) -> None:
        """Print a summary for people."""
        print_summary(console, summary, self.imports)


@transaction.atomic
def prepare(carrier: SandboxClient, *, rows: int, seed: int) -> Show:
    """Make accounts, DIDs, lists from a messy CSV, and campaigns; nothing is started."""
    title = free_title()
    names = (roles.bots(), roles.people())
    bots = stage_account(
        carrier,
        provider=names[0],
        name=f"{title} {providers.get(names[0]).name}",
        lines=[Line(number=number, limit=limit) for number, limit in BOTS_LINES],
        max_live_calls=12,
        account_fields=PATIENCE,
        carrier_settings=CALLS,
    )
    people = stage_account(
        carrier,
        provider=names[1],
        name=f"{title} {providers.get(names[1]).name}",
        lines=[Line(number=number, limit=limit) for number, limit in PEOPLES_LINES],
        agents=AGENTS,
        account_fields=PATIENCE,
        carrier_settings=CALLS,
    )
    for_bots = upload_messy(f"{title} reminders", rows=rows, seed=seed)
    for_people = upload_messy(f"{title} follow-ups", rows=FEWEST_ROWS, seed=seed + 1)
    suppress_some(carrier, title, for_bots.contact_list, stages=(bots, people))
    campaigns = [
        stage_campaign(
            bots, name=f"{title} reminders by bot", contact_lists=[for_bots.contact_list], **RETRIES, **CALLBACKS
        ),
        stage_campaign(
            people, name=f"{title} follow-ups by agents", contact_lists=[for_people.contact_list], **RETRIES
        ),
    ]
    for campaign in campaigns:
        campaign.template.max_ring_seconds = 5
        campaign.template.save(update_fields=["max_ring_seconds"])
    return Show(names=names, stages=(bots, people), campaigns=campaigns, imports=(for_bots, for_people))


def free_title() -> str:
    """Return the name of a demo that has not been yet."""
    number = 1
    while ProviderAccount.objects.filter(name__startswith=f"Demo {number} ").exists():
        number += 1
    return f"Demo {number}"


def upload_messy(name: str, *, rows: int, seed: int) -> ContactImport:
    """Upload a messy CSV to a new list."""
    content, _ = messy_csv(rows=rows, seed=seed, endings=SPECIAL_ENDINGS, endings_share=0.1)
    return upload_csv(name, content)


def upload_csv(name: str, content: bytes) -> ContactImport:
    """Upload a CSV to a new list."""
    contact_list = ContactList.objects.create(name=name, default_region="IN")
    upload, _ = create_import(
        contact_list=contact_list, stream=io.BytesIO(content), file_name="contacts.csv", idempotency_key=None
    )
    return run_import(import_id=upload.pk)


def suppress_some(carrier: SandboxClient, title: str, contact_list: ContactList, *, stages: Sequence[Stage]) -> None:
    """Suppress the first numbers of a list, and let the carrier report every request for one."""
    numbers = list(Contact.objects.filter(contact_list=contact_list).values_list("number", flat=True)[:SUPPRESSED])
    never = SuppressionList.objects.create(name=f"{title} asked not to be called")
    suppress(numbers=numbers, suppression_list=never, reason="Asked by e-mail", until=None, now=datetime.now(UTC))
    for stage in stages:
        carrier.change(stage.account.provider, stage.carrier_account, forbidden_numbers=numbers)


def summarize(carrier: SandboxClient, *, show: Show, seen: Watch, seconds: float) -> dict[str, Any]:
    """Return the summary; peaks and violations come from the carrier's ledger."""
    campaign_ids = [campaign.pk for campaign in show.campaigns]
    verdict = carrier.wait_idle(within_seconds=30)
    rows, sums = import_sums(show.imports)
    leads, attempts = leads_and_attempts(campaign_ids)
    ledger = carrier.ledger()
    violations = [*verdict["violations"], *sums, *disagreements(campaign_ids=campaign_ids, ledger=ledger)]
    if rows["accepted"] != leads["total"]:
        violations.append(f"{rows['accepted']} rows were accepted, but there are {leads['total']} leads")
    if seen.timed_out:
        violations.append("Time ran out before every lead had ended")
    staged = list(zip(show.names, show.stages, show.campaigns, strict=True))
    fills = {
        name: fill(carrier, stage, campaign=campaign, intervals=seen.due_intervals.get(campaign.pk, []))
        for name, stage, campaign in staged
        if campaign.runs_on == RunsOn.HERE
    }
    parts = {
        name: of_one(campaign=campaign, stage=stage, verdict=verdict, ledger=ledger, fill=fills.get(name))
        for name, stage, campaign in staged
    }
    return {
        "rows": rows,
        "leads": leads,
        "attempts": attempts,
        "limits": limits(verdict, show.stages),
        "fill": whole_fill(fills.values()),
        "providers": parts,
        "violations": violations,
        "seconds": round(seconds, 1),
    }
