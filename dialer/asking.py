"""One question to a provider, from a thread that waits for the answer: for lists and settings, not for calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dialer.http.client import ProviderClient
from dialer.models import ProviderAccount
from dialer.providers.base import ProviderReply, ProviderRequest


def ask(
    *, account: ProviderAccount, request: ProviderRequest, may_send: Callable[[], bool] | None = None
) -> ProviderReply:
    """Send ``request`` once and return the reply, whatever its status. Raises NotSent or Unanswered.

    Waits no longer than the account's reply time-out. ``may_send`` is asked directly before the first byte.
    """
    return asyncio.run(_ask(account, request, may_send))


async def _ask(
    account: ProviderAccount, request: ProviderRequest, may_send: Callable[[], bool] | None
) -> ProviderReply:
    client = ProviderClient(
        base_url=account.config.base_url, max_connections=1, read_timeout_seconds=float(account.reply_timeout_seconds)
    )
    try:
        return await client.send(request, may_send=may_send)
    finally:
        await client.aclose()
