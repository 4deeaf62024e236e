"""What becomes of a lead when an attempt of it has ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.hours import DailyWindow, next_open
from campaigns.ordering import retry_rank
from campaigns.retrying import retry_delay_seconds
from dialer.providers.base import Outcome

#: Campaigns in these states call nobody any more: what is left over is canceled, not retried.
OVER = frozenset({"STOPPED", "COMPLETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """A campaign's rules as they bear on a lead whose attempt ended."""

    campaign_state: str
    max_attempts: int
    delays: Mapping[str, int | None]
    window: DailyWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNext:
    """The lead's next state; with ``next_attempt_at`` it waits in the queue again."""

    state: str
    reason: str = ""
    next_attempt_at: datetime | None = None
    rank: int | None = None


def after_call(
    *, outcome: Outcome, rules: RetryRules, attempts_made: int, rank: int, dialed_at: datetime, now: datetime
) -> LeadNext:
    """Return what follows an attempt that counts. ``attempts_made`` includes it; the delay runs from the dial."""
    if outcome == Outcome.ANSWERED:
        return LeadNext(state="COMPLETED")
    if rules.campaign_state in OVER:
        return LeadNext(state="CANCELED", reason=f"Campaign {rules.campaign_state.lower()}")
    delay = retry_delay_seconds(
        outcome=outcome, attempts_made=attempts_made, max_attempts=rules.max_attempts, delays=rules.delays
    )
    if delay is None:
        return LeadNext(state="EXHAUSTED", reason=_why_exhausted(outcome, attempts_made, rules))
    due = max(dialed_at + timedelta(seconds=delay), now)
    # The due time is already a permitted instant, so that a closed lead is not looked at again and again.
    return LeadNext(
        state="PENDING",
        next_attempt_at=next_open(window=rules.window, at=due) or due,
        rank=retry_rank(rank),
    )


def after_nothing(*, rules: RetryRules, due_at: datetime) -> LeadNext:
    """Return what follows an attempt that rang nobody and is no fault of the lead: back in the queue, rank kept."""
    if rules.campaign_state in OVER:
        return LeadNext(state="CANCELED", reason=f"Campaign {rules.campaign_state.lower()}")
    return LeadNext(state="PENDING", next_attempt_at=due_at)


def _why_exhausted(outcome: Outcome, attempts_made: int, rules: RetryRules) -> str:
    if attempts_made >= rules.max_attempts:
        return f"{attempts_made} of {rules.max_attempts} attempts made"
    return f"No retry after {outcome}"
