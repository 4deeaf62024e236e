"""One question to a provider, from a thread that waits for the answer: for lists and settings, not for calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from dialer.http.client import ProviderClient
from dialer.http.transport import CallTransport
from dialer.models import ProviderAccount
from dialer.providers.base import Answer, ProviderReply, ProviderRequest, Question

T = TypeVar("T")

#: The log of a dialer comes whole, some 250 bytes a call; a reply to a call is a thousandth of this.
MOST_REPLY_BYTES = 64 * 1024 * 1024


def put(*, account: ProviderAccount, question: Question[T], may_send: Callable[[], bool] | None = None) -> Answer[T]:
    """Put a question of a provider's contract once, and return its answer. Raises NotSent or Unanswered."""
    return question.read(ask(account=account, request=question.request, may_send=may_send))


def ask(
    *, account: ProviderAccount, request: ProviderRequest, may_send: Callable[[], bool] | None = None
) -> ProviderReply:
    """Send ``request`` once and return the reply, with any status. Raises NotSent or Unanswered.

    Waits no longer than the account's reply time-out. ``may_send`` is asked directly before the first byte.
    """
    return asyncio.run(_ask(account, request, may_send))


async def _ask(
    account: ProviderAccount, request: ProviderRequest, may_send: Callable[[], bool] | None
) -> ProviderReply:
    client = ProviderClient(
        base_url=account.config.base_url,
        read_timeout_seconds=float(account.reply_timeout_seconds),
        transport=CallTransport(max_connections=1, max_reply_bytes=MOST_REPLY_BYTES),
    )
    try:
        return await client.send(request, may_send=may_send)
    finally:
        await client.aclose()
