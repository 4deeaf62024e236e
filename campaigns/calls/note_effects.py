"""What would follow a note on a call, said before it is saved: the note is settled as it would be, and taken back.

Nothing is guessed: the same functions run, in a transaction that is rolled back, and what they changed is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from campaigns.models import Attempt, Campaign, Lead, LeadState, OptOut, PossibleOptOut
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Phase
from dialer.reader import at_clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a call, its lead and its campaign stand."""

    disposition: str
    lead_state: str
    reason: str
    next_at: datetime
    callback_at: datetime | None
    opted_out: bool
    doubts: int
    campaign_state: str


def standing_of(*, attempt: Attempt) -> Standing:
    """Return how a call stands now."""
    lead = Lead.objects.get(pk=attempt.lead_id)
    return Standing(
        disposition=Attempt.objects.values_list("disposition", flat=True).get(pk=attempt.pk),
        lead_state=lead.state,
        reason=lead.state_reason,
        next_at=lead.next_attempt_at,
        callback_at=lead.callback_at,
        opted_out=OptOut.objects.filter(attempt=attempt).exists(),
        doubts=PossibleOptOut.objects.filter(attempt=attempt, decided_at=None).count(),
        campaign_state=Campaign.objects.values_list("state", flat=True).get(pk=attempt.campaign_id),
    )


def effects_of(*, attempt: Attempt, disposition: str, text: str, now: datetime) -> list[str]:
    """Return what a note would change, in sentences. Changes nothing; locks the call and its lead for a moment."""
    before = standing_of(attempt=attempt)
    said = CallReport(phase=Phase.UNKNOWN, disposition=disposition or None, source="NOTE")
    with structlog.contextvars.bound_contextvars(tried_only=True), transaction.atomic():
        settle(reports=[(attempt.pk, said)], now=now, notes={attempt.pk: text})
        after = standing_of(attempt=attempt)
        transaction.set_rollback(True)
    return changes(before, after, given=disposition, zone=attempt.campaign.time_zone, now=now)


def changes(before: Standing, after: Standing, *, given: str, zone: str, now: datetime) -> list[str]:
    """Return what differs, in sentences; what stays, where nothing does. Pure."""
    return list(_changes(before, after, given, zone, now)) or [f"Nothing follows: {_stays(after, zone, now)}"]


def _changes(before: Standing, after: Standing, given: str, zone: str, now: datetime) -> Iterator[str]:
    if after.opted_out and not before.opted_out:
        yield "It is an opt-out: nobody calls this number again, from any campaign."
    if after.doubts > before.doubts:
        yield "It may be an opt-out: nobody calls this number until somebody decides."
    if given and before.disposition and after.disposition != given:
        yield f"The call keeps its disposition {after.disposition}."
    was_over, is_over = _is_over(before), _is_over(after)
    if is_over and not was_over:
        yield f"The lead ends: {_state(after)}{f', {after.reason}' if after.reason else ''}. It is no longer called."
    elif is_over and before.lead_state != after.lead_state:
        yield f"The lead is {_state(after)} from now on."
    elif not is_over:
        yield from _called_again(before, after, zone, now)
    if before.campaign_state != after.campaign_state:
        yield f"The campaign is {after.campaign_state.lower()} again for it."


def _called_again(before: Standing, after: Standing, zone: str, now: datetime) -> Iterator[str]:
    is_callback = after.callback_at is not None and after.callback_at != before.callback_at
    at = at_clocks(after.callback_at or after.next_at, zone=zone, now=now)
    opened = f" The lead was {_state(before)}, and is opened again." if _is_over(before) else ""
    if is_callback:
        yield f"Calls again at {at}: a callback, before all others.{opened}"
    elif opened or after.next_at != before.next_at:
        yield f"Calls again at {at}.{opened}"


def _is_over(standing: Standing) -> bool:
    return standing.lead_state not in (LeadState.PENDING, LeadState.DIALING)


def _state(standing: Standing) -> str:
    return LeadState(standing.lead_state).label.lower()


def _stays(standing: Standing, zone: str, now: datetime) -> str:
    if standing.lead_state == LeadState.PENDING:
        return f"it is called again at {at_clocks(standing.next_at, zone=zone, now=now)}, as without it."
    return f"the lead stays {_state(standing)}."
