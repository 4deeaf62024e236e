"""Hosted dialers: campaigns that the carrier dials by itself, with a concurrency and hours of their own.

A number that is added twice is dialed twice: nothing is documented against it, and adding has no idempotency key.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from time import time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.behaviours import Fault
from dialer.sandbox.calls import Call
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.ivrsolutions.dialing import name_call
from dialer.sandbox.ivrsolutions.settings import settings_of
from dialer.sandbox.plans import Asked

#: Real seconds between looks at the clock of a dialer that waits for its hours.
CLOCK_SECONDS = 1.0


class Entry(NamedTuple):
    """A number in a dialer's queue, and how often it was tried."""

    number: str
    variables: dict[str, str]
    attempts: int = 0


@dataclass(slots=True, kw_only=True)
class HostedDialer:
    """One dialer. ``start_time`` and ``end_time`` are ``HH:MM`` on the account's clock."""

    id: int
    name: str
    did_no: str
    no_of_calls: int
    start_time: str
    end_time: str
    text_template_id: int
    is_on: bool = False
    pending: deque[Entry] = field(default_factory=deque)
    live: int = 0
    total: int = 0
    completed: int = 0
    waits_for_clock: bool = False
    rung: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return schema ``Dialer``."""
        return {
            "id": self.id,
            "name": self.name,
            "did_no": self.did_no,
            "status": "on" if self.is_on else "off",
            "start_time": self.start_time,
            "end_time": self.end_time,
            "no_of_calls": self.no_of_calls,
            "total_numbers": self.total,
            "completed": self.completed,
            "pending": self.total - self.completed,
        }

    def figures(self) -> dict[str, Any]:
        """Return what the summary shows; ``dialed_again``: numbers that were called more than once."""
        dialed_again = sum(count > 1 for count in self.rung.values())
        return {**self.as_json(), "live": self.live, "calls": self.rung.total(), "dialed_again": dialed_again}

    def is_open(self, account: Account, at: float) -> bool:
        """Return whether its hours are open, on the account's clock; 23:59 is the end of the day."""
        now = datetime.fromtimestamp(at, ZoneInfo(settings_of(account).time_zone)).strftime("%H:%M")
        return self.start_time <= now and (now < self.end_time or self.end_time == "23:59")


def pump(exchange: Exchange, account: Account, dialer: HostedDialer) -> None:
    """Start as many calls of a dialer as it may have."""
    if not dialer.is_on or not dialer.pending:
        return
    if not dialer.is_open(account, time()):
        _look_again(exchange, account, dialer)
        return
    while dialer.pending and dialer.live < dialer.no_of_calls and not account.full:
        _dial(exchange, account, dialer, dialer.pending.popleft())


def ended(exchange: Exchange, call: Call) -> None:
    """Count a hosted call that is over; a number that was not reached is tried again if the account says so."""
    account, details = call.account, call.asked.details
    dialer: HostedDialer = account.state.dialers[details["dialer_id"]]
    settings = settings_of(account)
    entry: Entry = details["entry"]
    dialer.live -= 1
    if call.answered_at is None and entry.attempts + 1 < settings.hosted_attempts:
        again = entry._replace(attempts=entry.attempts + 1)
        epoch, seconds = exchange.epoch, settings.hosted_retry_seconds / exchange.time_factor
        exchange.loop.call_later(seconds, lambda: _add_again(exchange, account, dialer, again, epoch))
    else:
        dialer.completed += 1


def _add_again(exchange: Exchange, account: Account, dialer: HostedDialer, entry: Entry, epoch: int) -> None:
    if epoch == exchange.epoch:
        dialer.pending.append(entry)
        pump(exchange, account, dialer)


def _look_again(exchange: Exchange, account: Account, dialer: HostedDialer) -> None:
    if dialer.waits_for_clock:
        return
    dialer.waits_for_clock = True
    epoch = exchange.epoch

    def look() -> None:
        dialer.waits_for_clock = False
        if epoch == exchange.epoch:
            pump(exchange, account, dialer)

    exchange.loop.call_later(CLOCK_SECONDS, look)


def _dial(exchange: Exchange, account: Account, dialer: HostedDialer, entry: Entry) -> None:
    reference = entry.variables.get(settings_of(account).hosted_reference, "") if not entry.attempts else ""
    asked = Asked(
        to_number=entry.number,
        from_number=dialer.did_no,
        reference=reference,
        variables=entry.variables,
        details={"category": "dialer", "dialer_id": dialer.id, "entry": entry, "masked": False},
    )
    plan = account.plan(asked, has_reply=False)
    if plan.push_fault is Fault.PUSH_EARLY:
        plan = plan._replace(push_fault=None)  # there is no reply that it could precede
    at = time()
    call = exchange.ledger.request(account=account, asked=asked, plan=plan, at=at, hosted=True)
    dialer.live += 1
    dialer.rung[number_key(entry.number)] += 1
    name_call(account, call)
    exchange.begin(call, at)
