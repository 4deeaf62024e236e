"""A look of the teller, in this thread and at an instant of the test's choice."""

from __future__ import annotations

import asyncio
from datetime import datetime

from campaigns.results.feed import place_entries
from webhooks.telling.sending import Line, Sent, send
from webhooks.telling.tokens import KeptTokens
from webhooks.telling.turns import Turn, due, keep, take


def tell(*, now: datetime) -> int:
    """Give each subscription that is due its turns, one after the other; return how many deliveries were taken."""
    place_entries()
    taken = 0
    for subscription_id in due(now=now):
        while turn := take(subscription_id=subscription_id, now=now):
            sent = asyncio.run(posted(turn))
            keep(turn=turn, sent=sent, now=now)
            taken += sum(not reply.problem for reply in sent.replies)
            if sent.is_down:
                break
    return taken


async def posted(turn: Turn) -> Sent:
    """Send a turn's deliveries."""
    line = Line(turn.way, tokens=KeptTokens())
    try:
        return await send(line=line, told=turn.told)
    finally:
        await line.aclose()
