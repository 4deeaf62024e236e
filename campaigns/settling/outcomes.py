"""What becomes of a lead when an attempt of it has ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.rules.deciding import LeadFacts
from campaigns.rules.lead_next import LeadNext
from campaigns.rules.order import retry_rank
from campaigns.rules.part_of_day import at_another_time
from campaigns.rules.retry import RetryRule, rule_for
from campaigns.rules.ruleset import CampaignRules
from dialer.providers.base import Outcome

#: Campaigns in these states call nobody any more: what is left over is canceled, not retried.
OVER = frozenset({"STOPPED", "COMPLETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An attempt that ended and counts as made, with what its lead's next one depends on.

    ``before``: how often the lead's earlier attempts ended, by outcome and disposition. ``calls``: the dials of the
    person over all campaigns. ``numbers``: the contact's own and its other ones, in their order. ``absence``: what the
    account's log showed by not having the call, empty where it is not known to be none.
    """

    outcome: Outcome
    disposition: str = ""
    attempts_before: int
    rank: int
    dialed_at: datetime
    lead: LeadFacts
    before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    calls: Sequence[datetime] = ()
    numbers: Sequence[str] = ()
    absence: str = ""


def after_call(*, end: Ended, rules: CampaignRules, now: datetime) -> LeadNext:
    """Return what follows an attempt that rang. The delay runs from the dial, and the due time is a permitted one."""
    key, rule = rule_for(
        matrix=rules.matrix, outcome=end.outcome, disposition=end.disposition, absent=bool(end.absence)
    )
    answered = end.outcome == Outcome.ANSWERED
    if answered and rule is None:
        return LeadNext(state="COMPLETED")
    over = rules.state in OVER
    made = end.attempts_before + (1 if rule is None or rule.counts else 0)
    delay = None
    if rule is not None and not over and made < rules.max_attempts:
        delay = rule.delay_seconds(retries_before=_times_before(key, end, rules))
    if rule is not None and delay is not None:
        return _again(end, rule, rules, now, max(end.dialed_at + timedelta(seconds=delay), now))
    counts = rule is None or rule.counts
    if answered:
        return LeadNext(state="COMPLETED", counts=counts)
    if over:
        return LeadNext(state="CANCELED", reason=f"Campaign {rules.state.lower()}", counts=counts)
    return LeadNext(state="EXHAUSTED", reason=_why_exhausted(end, key, rule, made, rules), counts=counts)


def after_nothing(*, rules: CampaignRules, due_at: datetime) -> LeadNext:
    """Return what follows an attempt that rang nobody and is no fault of the lead: back in the queue, rank kept."""
    if rules.state in OVER:
        return LeadNext(state="CANCELED", reason=f"Campaign {rules.state.lower()}")
    return LeadNext(state="PENDING", next_attempt_at=due_at)


def _again(end: Ended, rule: RetryRule, rules: CampaignRules, now: datetime, due: datetime) -> LeadNext:
    number = _other_number(end) if rule.other_number else None
    if rule.other_time:
        permitted = at_another_time(rules=rules, lead=end.lead, calls=end.calls, dialed_at=end.dialed_at, due_at=due)
    else:
        permitted = rules.decide(lead=end.lead, at=due, calls=end.calls).next_allowed_at
    # Where no instant is permitted any more, claiming or the campaign's end says so.
    return LeadNext(
        state="PENDING",
        reason=end.absence if rule.absent else "",
        next_attempt_at=permitted or due,
        rank=retry_rank(end.rank),
        counts=rule.counts,
        other_did=rule.other_did,
        number=number,
    )


def _times_before(key: str, end: Ended, rules: CampaignRules) -> int:
    """Return how many of the lead's earlier attempts ended in this cell of the matrix."""
    return sum(
        times
        for (outcome, disposition), times in end.before.items()
        if rule_for(matrix=rules.matrix, outcome=Outcome(outcome), disposition=disposition)[0] == key
    )


def _other_number(end: Ended) -> str | None:
    """Return the number after the one that was rung, round and round; None where that is the contact's own."""
    if len(end.numbers) < 2:
        return None
    at = end.numbers.index(end.lead.number) if end.lead.number in end.numbers else 0
    following = (at + 1) % len(end.numbers)
    return end.numbers[following] if following else None


def _why_exhausted(end: Ended, key: str, rule: RetryRule | None, made: int, rules: CampaignRules) -> str:
    if made >= rules.max_attempts:
        return f"{made} of {rules.max_attempts} attempts made"
    if rule is not None and rule.delays_seconds:
        return f"{rule.most} retries after {key} made"
    if not end.absence and key in rules.matrix and rules.matrix[key].absent:
        return f"No retry after {key}: the log has not shown that there was no call"
    return f"No retry after {key}"
