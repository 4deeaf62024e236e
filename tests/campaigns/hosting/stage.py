"""Campaigns on the sandbox carrier's own dialer, and ways to let their time pass without a worker."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time
from itertools import count
from typing import Any

from campaigns.hosting.turning import due_dialers, turn
from campaigns.lifecycle.operations import start_campaign
from campaigns.models import CallTemplate, Campaign, Contact, ContactList, Lead
from dialer.models import DID, ProviderAccount
from dialer.sandbox.client import SandboxClient
from webhooks.hosted_logs import due_logs, read_log

_names = count(1)
FAST: dict[str, Any] = {
    "suffixes": False,
    "outcomes": {"ANSWERED": 0.6, "NO_ANSWER": 0.2, "BUSY": 0.15, "FAILED": 0.05},
    "ring_seconds": [0.02, 0.06],
    "talk_seconds": [0.02, 0.1],
    "templates": ["reminder"],
    "time_zone": "UTC",
}
#: Calls that last long enough for something to happen in the middle of a campaign, on a busy machine too.
SLOW: dict[str, Any] = {"ring_seconds": [1, 2], "talk_seconds": [15, 25]}
WHOLE_DAY = {"window_opens": time(0), "window_closes": time(23, 59, 59, 999999), "time_zone": "UTC"}


def now() -> datetime:
    """Return the instant."""
    return datetime.now(UTC)


def account(carrier: SandboxClient, *, lines: int = 20, settings: Any = None, **fields: Any) -> ProviderAccount:
    """Make an account with a DID of so many lines, here and at the carrier."""
    name = f"hosted-{next(_names)}"
    number = f"+9111{next(_names):08}"
    made = ProviderAccount.objects.create(
        name=name,
        provider="ivrsolutions",
        base_url=carrier.base_url("ivrsolutions", name),
        credentials={"api_key": "sandbox-key"},
        time_zone="UTC",
        **{"reply_timeout_seconds": 1, "max_call_seconds": 1, "poll_after_seconds": 1, **fields},
    )
    DID.objects.create(account=made, number=number, max_live_calls=lines)
    limits = {"dids": {number: lines}, "account": lines}
    carrier.configure("ivrsolutions", name, **{**FAST, "caller_ids": [number], "limits": limits, **(settings or {})})
    return made


def hurry(carrier: SandboxClient, owner: ProviderAccount) -> None:
    """Let the next calls of a slow account be short, once all that must happen between calls has happened."""
    carrier.change("ivrsolutions", owner.name, ring_seconds=FAST["ring_seconds"], talk_seconds=FAST["talk_seconds"])


def campaign(owner: ProviderAccount, *, contacts: int, start: bool = True, **fields: Any) -> Campaign:
    """Make a campaign on the provider's dialer over that many new contacts."""
    template = CallTemplate.objects.create(
        name=f"Text {next(_names)}",
        provider="ivrsolutions",
        action="SPEAK_TEXT",
        options={"template_name": "reminder"},
        max_ring_seconds=1,
    )
    values = {"runs_on": "PROVIDER", **WHOLE_DAY, **fields}
    made = Campaign.objects.create(name=f"Hosted {next(_names)}", account=owner, template=template, **values)
    contact_list = ContactList.objects.create(name=f"List {next(_names)}", default_region="IN")
    first = 9_200_000_000 + next(_names) * 100_000
    Contact.objects.bulk_create(
        Contact(contact_list=contact_list, number=f"+91{first + n}", name=f"Person {n}") for n in range(contacts)
    )
    made.contact_lists.add(contact_list)
    made.dids.set(owner.dids.all())
    if start:
        start_campaign(campaign_id=made.pk, now=now(), by="test")
        made.refresh_from_db()
    return made


def tick() -> None:
    """Do what the workers' chores do in a second."""
    for dialer_id in due_dialers(now=now()):
        turn(dialer_id=dialer_id)
    for dialer_id in due_logs(now=now()):
        read_log(dialer_id=dialer_id)


def until(condition: Callable[[], Any], *, seconds: float = 60.0) -> None:
    """Let time pass until ``condition`` holds. Raises AssertionError when it does not in time."""
    deadline = clock.monotonic() + seconds
    while not condition():
        assert clock.monotonic() < deadline, "it did not come to pass in time"
        tick()
        clock.sleep(0.02)


def open_leads(of: Campaign) -> int:
    """Return how many leads have no end."""
    return Lead.objects.filter(campaign=of, state__in=["PENDING", "DIALING"]).count()


def rows(carrier: SandboxClient, owner: ProviderAccount) -> list[dict[str, Any]]:
    """Return the ledger's rows of an account."""
    return [row for row in carrier.ledger() if row["account"] == owner.name]


def rung_twice(carrier: SandboxClient, owner: ProviderAccount) -> list[str]:
    """Return the numbers that were called more than once, by the ledger."""
    called = [row["to_number"][-10:] for row in rows(carrier, owner)]
    return sorted({number for number in called if called.count(number) > 1})
