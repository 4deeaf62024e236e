"""Reads a stretch of an account's call log again, when a person or a job asks for it.

The workers read logs by themselves while calls are under way (``webhooks.log_reading``) and keep the cursors; this
moves none. Rows that are known already are stored once, so that reading a stretch again and again changes nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.doorbells import publisher
from dialer.accounts.asking import MOST_REPLY_BYTES
from dialer.channels import Channel
from dialer.http.client import ProviderClient
from dialer.http.transport import CallTransport
from dialer.models import ProviderAccount
from dialer.providers.base import LogQuery
from webhooks.log_reading import Reading, read_log
from webhooks.matching import EARLY
from webhooks.rows import store_rows


class NoLog(Exception):
    """The provider has no call log that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What came of it: rows that the log has, those that are new here, and what kept it from being read whole."""

    account_id: int
    since_at: datetime
    rows: int
    new: int
    is_cut_short: bool
    problem: str

    def as_json(self) -> dict[str, Any]:
        """Return it for the command."""
        return {
            "account": self.account_id,
            "since_at": self.since_at.isoformat(),
            "rows": self.rows,
            "new": self.new,
            "is_cut_short": self.is_cut_short,
            "problem": self.problem,
        }


def catch_up(*, account: ProviderAccount, since_at: datetime, now: datetime) -> CaughtUp:
    """Read what the account's log says of calls since an instant, and have new rows applied. Raises NoLog."""
    if not account.api.capabilities.pulls_logs:
        raise NoLog(f"{account.api.name} has no call log: its calls are asked about one by one.")
    whole = account.api.capabilities.log_cursor_lasts
    query = LogQuery(since_at=since_at - EARLY, until_at=now + EARLY, whole=whole)
    reading = asyncio.run(_read(account, query))
    new = store_rows(account_id=account.pk, reports=reading.reports)
    if new:
        publisher.ring("webhooks.apply_inbox")
    return CaughtUp(
        account_id=account.pk,
        since_at=since_at,
        rows=len(reading.reports),
        new=new,
        is_cut_short=reading.full,
        problem=reading.trouble,
    )


async def _read(account: ProviderAccount, query: LogQuery) -> Reading:
    timeout_seconds = account.reply_timeout_seconds
    client = ProviderClient(
        base_url=account.config.base_url,
        read_timeout_seconds=float(timeout_seconds),
        transport=CallTransport(max_connections=1, max_reply_bytes=MOST_REPLY_BYTES),
    )
    channel = Channel(provider=account.api, config=account.config, client=client, reply_timeout_seconds=timeout_seconds)
    try:
        return await read_log(channel=channel, query=query)
    finally:
        await client.aclose()
