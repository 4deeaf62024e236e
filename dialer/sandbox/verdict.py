"""The verdict of the ledger: figures of each account, DID and agent, and every broken rule as a sentence."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Mapping
from typing import Any

from dialer.sandbox.accounts import Account
from dialer.sandbox.contract import Dialect
from dialer.sandbox.ledger import Ledger
from dialer.sandbox.meters import Meter


def cpu_seconds() -> float:
    """Return the CPU seconds, user and system, that this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def describe_account(account: Account, dialect: Dialect, at: float) -> dict[str, Any]:
    """Return the figures of one account."""
    return {
        **account.meter.as_json(at),
        "requests": account.requests,
        "refused": account.refused,
        "rate": account.rate.as_json(),
        "lookups": account.lookups,
        "dids": {label: meter.as_json(at) for label, meter in account.dids.items()},
        "agents": {label: meter.as_json(at) for label, meter in account.agents.items()},
        **dialect.describe(account),
    }


def limit_violations(account: Account, at: float) -> list[str]:
    """Return a sentence for each limit of an account that was exceeded."""
    meters: Iterable[tuple[str, Meter]] = (
        (f"Account {account.key}", account.meter),
        *((f"DID {label} of {account.key}", meter) for label, meter in account.dids.items()),
        *((f"Agent {label} of {account.key}", meter) for label, meter in account.agents.items()),
    )
    sentences = [
        f"{name} had {meter.worst} live calls (limit {meter.limit}), over it for {meter.seconds_over(at):.3f} s."
        for name, meter in meters
        if meter.worst
    ]
    if account.rate.worst:
        sentences.append(
            f"Account {account.key} got {account.rate.worst} requests in one second (limit {account.rate.limit})."
        )
    return sentences


def summarize(
    *, ledger: Ledger, accounts: Iterable[Account], dialects: Mapping[str, Dialect], at: float
) -> dict[str, Any]:
    """Return the whole verdict."""
    accounts = list(accounts)
    limits = [sentence for account in accounts for sentence in limit_violations(account, at)]
    return {
        "requests": len(ledger.rows),
        "refused": sum(account.refused for account in accounts),
        "rang": ledger.rang,
        "live": len(ledger.live),
        "accounts": {account.key: describe_account(account, dialects[account.slug], at) for account in accounts},
        "violation_count": len(limits) + ledger.violation_count,
        "violations": limits + ledger.violations,
        "cpu_seconds": cpu_seconds(),
    }
