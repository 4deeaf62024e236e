"""What the audit asks of the inbox: an event that is never applied is a result that is lost."""

from __future__ import annotations

from campaigns.promises.findings import Check
from campaigns.promises.stored import register

_WAITING = """
SELECT 'account #' || e.account_id, e.id, e.received_at
  FROM webhooks_providerevent e
 WHERE e.state = 'NEW' AND e.next_try_at < %(settled)s
"""
_MISAPPLIED = """
SELECT 'account #' || e.account_id, e.id, e.received_at
  FROM webhooks_providerevent e JOIN campaigns_attempt a ON a.id = e.attempt_id
 WHERE a.account_id <> e.account_id AND (%(since)s::timestamptz IS NULL OR e.received_at > %(since)s)
"""


def register_checks() -> None:
    """Add them."""
    register(
        Check(
            name="event-not-applied",
            promise=6,
            broken="events of providers wait, and nobody applies them",
            cure="Start a worker, or see in the workers' logs why the inbox stands still.",
        ),
        statement=_WAITING,
    )
    register(
        Check(
            name="event-of-another-account",
            promise=6,
            broken="events were applied to calls of another account",
            cure="Make new push addresses for both accounts, and report it.",
        ),
        statement=_MISAPPLIED,
    )
