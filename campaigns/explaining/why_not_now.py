"""May this lead be called now, by every rule with its values, and if not, when? As claiming would decide then.

The same functions decide: the limits as ``explaining.limits`` reads them, suppression, holds and live calls by
``suppressed.unavailable_people``, calls for the caps by ``judging.calls_of_people``, hours, profile and caps by
``judging.decision``, what becomes of a refused lead by ``judging.put_off_of`` and ``judging.barred_lead``, the DID
by ``slots.Chooser``. Where SQL chooses in claiming (state PENDING, due, and not for a second account what may have
rung: ``due._DUE``) the same columns are compared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.claiming.due import LEAD_COLUMNS, LEAD_WIDTH, DueLead, leads_of
from campaigns.claiming.judging import barred_lead, calls_of_people, decision, put_off_of
from campaigns.claiming.suppressed import unavailable_people
from campaigns.explaining.checks import Check, Limit, by_time, never_by_itself, strongest
from campaigns.explaining.lead_checks import (
    Waiting,
    due_check,
    held_check,
    line_checks,
    on_the_line_check,
    retry_check,
    rules_check,
    standing_in_check,
    state_check,
    suppression_check,
)
from campaigns.explaining.limits import House, Limits, read_limits
from campaigns.explaining.people import read_people
from campaigns.models import Campaign
from campaigns.rules.campaign import read_rules
from campaigns.rules.deciding import Decision
from campaigns.states.leads import PutOff
from dialer.sql import hot_cursor


class Effect(enum.StrEnum):
    """What claiming does with the lead at that instant, room for every call given."""

    CALL = "CALL"
    PUT_OFF = "PUT_OFF"
    END = "END"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """``effect`` and ``put_off_until`` are what claiming does at ``at``; ``next_at`` is the first instant at which the
    rules let a call through, room given: None where it takes a person, or no instant is."""

    lead_id: int
    campaign_id: int
    number: str
    at: datetime
    allowed: bool
    effect: Effect
    decided_by: Check | None
    next_at: datetime | None
    checks: tuple[Check, ...]
    end_state: str = ""
    put_off_until: datetime | None = None

    @property
    def said(self) -> str:
        """The answer in a sentence."""
        return self.decided_by.said if self.decided_by else "It may be called now: nothing keeps it back."

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; instants stay datetimes."""
        return {
            "lead": self.lead_id,
            "campaign": self.campaign_id,
            "number": self.number,
            "at": self.at,
            "allowed": self.allowed,
            "effect": str(self.effect),
            "limit": str(self.decided_by.limit) if self.decided_by else str(Limit.NONE),
            "said": self.said,
            "next_at": self.next_at,
            "checks": [check.as_dict() for check in self.checks],
        }


_READ = f"""
SELECT {LEAD_COLUMNS}, l.campaign_id, l.state, l.state_reason, l.next_attempt_at, l.attempts_made, l.last_outcome,
       l.last_attempt_at, l.ended_at, l.callback_at
  FROM campaigns_lead l JOIN campaigns_contact c ON c.id = l.contact_id WHERE l.id = ANY(%s) ORDER BY l.id
"""  # noqa: S608


def explain_lead(*, lead_id: int, now: datetime) -> Explanation | None:
    """Explain one lead at ``now``; None when there is none."""
    return explain_leads(lead_ids=[lead_id], now=now).get(lead_id)


def explain_leads(*, lead_ids: Sequence[int], now: datetime) -> dict[int, Explanation]:
    """Explain leads at ``now``, each as if it alone waited; a fixed number of queries for a campaign."""
    with hot_cursor() as cursor:
        cursor.execute(_READ, [list(lead_ids)])
        by_campaign: dict[int, list[tuple[Any, ...]]] = {}
        for row in cursor.fetchall():
            by_campaign.setdefault(row[LEAD_WIDTH], []).append(row)
        campaigns = Campaign.objects.select_related("account", "fallback_account").in_bulk(list(by_campaign))
        rules = read_rules(cursor, campaign_ids=list(campaigns))
        house, found = House(cursor, now=now), dict[int, Explanation]()
        for campaign_id, rows in by_campaign.items():
            known = leads_of(cursor, rows, number_names=rules[campaign_id].matrix.other_numbers)
            leads = [_waiting(lead, row) for lead, row in zip(known, rows, strict=True)]
            limits = read_limits(house=house, campaign=campaigns[campaign_id], rules=rules[campaign_id])
            found |= {one.lead_id: one for one in _explain(cursor, limits=limits, leads=leads, now=now)}
    return found


def _waiting(lead: DueLead, row: tuple[Any, ...]) -> Waiting:
    return Waiting(lead=lead, **dict(zip(Waiting.__slots__[1:], row[LEAD_WIDTH:], strict=True)))


def _explain(cursor: Any, *, limits: Limits, leads: Sequence[Waiting], now: datetime) -> Iterable[Explanation]:
    due = [waiting.lead for waiting in leads]
    rules = limits.rules
    unavailable = unavailable_people(cursor, campaign_id=limits.campaign.pk, leads=due, now=now)
    calls = calls_of_people(cursor, leads=due, rules=rules, now=now)
    people = read_people(cursor, campaign_id=limits.campaign.pk, unavailable=unavailable, now=now)
    for waiting in leads:
        dials = calls.get(waiting.lead.number, ())
        found = decision(rules=rules, lead=waiting.lead, calls=dials, now=now)
        barred = barred_lead(rules=rules, lead=waiting.lead, unavailable=unavailable, calls=dials, now=now)
        own = [
            state_check(waiting, people),
            retry_check(waiting, limits),
            due_check(waiting, now),
            on_the_line_check(waiting, unavailable.on_the_line, people, now),
            suppression_check(waiting, rules, unavailable, people, dials, now),
            held_check(waiting, people),
            rules_check(waiting, limits, found, dials),
        ]
        yield _together(
            cursor, waiting=waiting, limits=limits, own=own, barred=barred, found=found, calls=dials, now=now
        )


def _together(
    cursor: Any,
    *,
    waiting: Waiting,
    limits: Limits,
    own: list[Check],
    barred: PutOff | None,
    found: Decision,
    calls: Sequence[datetime],
    now: datetime,
) -> Explanation:
    standing_in = standing_in_check(waiting, limits)
    others = (*own[1:], *([standing_in] if standing_in else []), *line_checks(cursor, waiting, limits))
    checks = (own[0], *limits.all_checks, *others)
    decided_by = strongest(checks)
    state, _, due, on_the_line, *_ = own
    looked_at = all(check.is_ok for check in (state, due, *limits.all_checks)) and standing_in is None
    effect, until, end_state = Effect.NOTHING, None, ""
    if looked_at and barred is None and not on_the_line.is_ok:
        effect, until = Effect.PUT_OFF, on_the_line.until
    elif looked_at and (barred is not None or not found.allowed):
        away = barred or put_off_of(waiting.lead, found)
        effect = Effect.PUT_OFF if away.state == "PENDING" else Effect.END
        until, end_state = away.until, away.state
    elif looked_at:
        effect = Effect.CALL
    return Explanation(
        lead_id=waiting.lead.id,
        campaign_id=waiting.campaign_id,
        number=waiting.lead.number,
        at=now,
        allowed=effect == Effect.CALL,
        effect=effect,
        decided_by=decided_by,
        next_at=_next_at(waiting, limits, checks, found=found, calls=calls, now=now),
        checks=checks,
        end_state=end_state if effect == Effect.END else "",
        put_off_until=until if effect == Effect.PUT_OFF else None,
    )


def _next_at(
    waiting: Waiting,
    limits: Limits,
    checks: Sequence[Check],
    *,
    found: Decision,
    calls: Sequence[datetime],
    now: datetime,
) -> datetime | None:
    """Return the first instant that time and all rules permit; the rules are asked again from when time is up."""
    if never_by_itself(checks) or limits.rules.problem:
        return None
    at = by_time(checks)
    if at is None or at <= now:
        return found.next_allowed_at
    return decision(rules=limits.rules, lead=waiting.lead, calls=calls, now=at).next_allowed_at
