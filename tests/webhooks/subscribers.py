"""Subscriptions, and results to tell them."""

from __future__ import annotations

import json
from typing import Any

from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, place
from tests.webhooks.receiver import Receiver
from webhooks.models import Subscription
from webhooks.telling.subscribing import begin


def subscribe(url: str, **fields: Any) -> Subscription:
    """Return a subscription that begins now."""
    return begin(Subscription.objects.create(name=fields.pop("name", url), url=url, **fields))


def end_calls(many: int = 1, **said: Any) -> list[int]:
    """Let so many leads of one campaign be answered; return the attempts."""
    made = campaign(account(), leads=many)
    attempts = [place(made).pk for _ in range(many)]
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, **said)
    settle(reports=[(attempt, report) for attempt in attempts], now=NOON)
    return attempts


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """Return what came, read."""
    return [json.loads(body) for _, body in receiver.came]
