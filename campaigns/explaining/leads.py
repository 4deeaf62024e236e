"""May this lead be called now, by every rule with its values, and if not, when? As claiming would decide then.

The same functions decide: the limits as ``explaining.limits`` reads them, suppression and live calls by
``claiming_reads.unavailable_numbers``, calls for the caps by ``ruling.calls_of``, hours, profile and caps by
``judging.decision``, what becomes of a refused lead by ``judging.put_off_of``, the DID by ``rotating.choose``. Where
SQL chooses in claiming (state PENDING, due, and not for a second account what may have rung: ``claiming_reads._DUE``)
the same columns are compared here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.claiming_reads import LEAD_COLUMNS, MAY_HAVE_RUNG, DueLead, due_lead_of, unavailable_numbers
from campaigns.explaining.checks import Check, Limit, Mends, by_time, never_by_itself, strongest
from campaigns.explaining.limits import Limits, read_limits
from campaigns.explaining.people import People, read_people
from campaigns.judging import ON_THE_LINE_SECONDS, callers, decision, put_off_of
from campaigns.models import LEAD_ENDS, Campaign
from campaigns.rotating import NOBODY, choose
from campaigns.rules.deciding import Decision, LeadFacts, contact_zones
from campaigns.ruling import calls_of, read_rules
from dialer.sql import hot_cursor


class Effect(enum.StrEnum):
    """What claiming does with the lead at that instant, room for every call given."""

    CALL = "CALL"
    PUT_OFF = "PUT_OFF"
    END = "END"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A lead as claiming and its page know it."""

    lead: DueLead
    campaign_id: int
    state: str
    state_reason: str
    next_attempt_at: datetime
    attempts_made: int
    last_outcome: str
    last_attempt_at: datetime | None
    ended_at: datetime | None
    callback_at: datetime | None


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
_WIDTH = 9


def explain_lead(*, lead_id: int, now: datetime) -> Explanation | None:
    """Explain one lead at ``now``; None when there is none."""
    return explain_leads(lead_ids=[lead_id], now=now).get(lead_id)


def explain_leads(*, lead_ids: Sequence[int], now: datetime) -> dict[int, Explanation]:
    """Explain leads at ``now``, each as if it alone waited; a fixed number of queries for a campaign."""
    with hot_cursor() as cursor:
        cursor.execute(_READ, [list(lead_ids)])
        by_campaign: dict[int, list[Waiting]] = {}
        for row in cursor.fetchall():
            waiting = Waiting(
                lead=due_lead_of(row[:_WIDTH]),
                **dict(zip(Waiting.__slots__[1:], row[_WIDTH:], strict=True)),
            )
            by_campaign.setdefault(waiting.campaign_id, []).append(waiting)
        campaigns = Campaign.objects.select_related("account", "fallback_account").in_bulk(list(by_campaign))
        rules = read_rules(cursor, campaign_ids=list(campaigns))
        found: dict[int, Explanation] = {}
        for campaign_id, leads in by_campaign.items():
            limits = read_limits(cursor, campaign=campaigns[campaign_id], rules=rules[campaign_id], now=now)
            found |= {one.lead_id: one for one in _explain(cursor, limits=limits, leads=leads, now=now)}
    return found


def _explain(cursor: Any, *, limits: Limits, leads: Sequence[Waiting], now: datetime) -> Iterable[Explanation]:
    numbers = [waiting.lead.number for waiting in leads]
    rules = limits.rules
    suppressed, on_the_line = unavailable_numbers(cursor, campaign_id=limits.campaign.pk, numbers=numbers, now=now)
    calls = calls_of(cursor, numbers=numbers, seconds=rules.caps.longest_seconds, now=now)
    people = read_people(
        cursor, campaign_id=limits.campaign.pk, suppressed=suppressed, on_the_line=on_the_line, now=now
    )
    for waiting in leads:
        dials = calls.get(waiting.lead.number, ())
        found = decision(rules=rules, lead=waiting.lead, calls=dials, now=now)
        own = [
            _state(waiting),
            _retry(waiting, limits),
            _due(waiting, now),
            _suppression(waiting, suppressed, people),
            _on_the_line(waiting, on_the_line, people, now),
            _rules(waiting, limits, found, dials),
        ]
        yield _together(cursor, waiting=waiting, limits=limits, own=own, found=found, calls=dials, now=now)


def _together(
    cursor: Any,
    *,
    waiting: Waiting,
    limits: Limits,
    own: list[Check],
    found: Decision,
    calls: Sequence[datetime],
    now: datetime,
) -> Explanation:
    standing_in = _standing_in(waiting, limits)
    others = (*own[1:], *([standing_in] if standing_in else []), *_line(cursor, waiting, limits))
    checks = (own[0], *limits.all_checks, *others)
    decided_by = strongest(checks)
    state, _, due, suppression, on_the_line, _ = own
    looked_at = all(check.is_ok for check in (state, due, *limits.all_checks)) and standing_in is None
    effect, until, end_state = Effect.NOTHING, None, ""
    if looked_at and not suppression.is_ok:
        effect, end_state = Effect.END, "SUPPRESSED"
    elif looked_at and not on_the_line.is_ok:
        effect, until = Effect.PUT_OFF, on_the_line.until
    elif looked_at and not found.allowed:
        away = put_off_of(waiting.lead, found)
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


def _facts(waiting: Waiting) -> LeadFacts:
    lead = waiting.lead
    return LeadFacts(number=lead.number, time_zone=lead.time_zone, variables=lead.variables)


def _state(waiting: Waiting) -> Check:
    values = {"state": waiting.state, "reason": waiting.state_reason, "ended_at": waiting.ended_at}
    if waiting.state == "PENDING":
        return Check(limit=Limit.LEAD_STATE, said="The lead waits to be called.", values=values)
    if waiting.state == "DIALING":
        return Check(limit=Limit.LEAD_STATE, said="It is being called now.", mends=Mends.ROOM, values=values)
    assert waiting.state in LEAD_ENDS
    why = f": {waiting.state_reason}." if waiting.state_reason else "."
    said = f"It is {waiting.state.lower()}{why}"
    return Check(limit=Limit.LEAD_STATE, said=said, mends=Mends.NEVER, values=values)


def _retry(waiting: Waiting, limits: Limits) -> Check:
    """Say what comes after the last call; what is left of the attempts decides when a call ends, not here."""
    left = max(0, limits.rules.max_attempts - waiting.attempts_made)
    cell = limits.rules.matrix.get(waiting.last_outcome)
    values = {
        "attempts_made": waiting.attempts_made,
        "max_attempts": limits.rules.max_attempts,
        "attempts_left": left,
        "last_outcome": waiting.last_outcome,
        "last_attempt_at": waiting.last_attempt_at,
        "retry_delays_seconds": list(cell.delays_seconds) if cell else [],
        "callback_at": waiting.callback_at,
    }
    last = f"; the last call: {waiting.last_outcome}" if waiting.last_outcome else ""
    return Check(
        limit=Limit.RETRY, said=f"{left} of {limits.rules.max_attempts} attempts are left{last}.", values=values
    )


def _due(waiting: Waiting, now: datetime) -> Check:
    values = {"next_attempt_at": waiting.next_attempt_at, "reason": waiting.state_reason}
    if waiting.state != "PENDING" or waiting.next_attempt_at <= now:
        return Check(limit=Limit.DUE, said="It is due.", values=values)
    why = f": {waiting.state_reason}" if waiting.state_reason else ""
    said = f"It is due {waiting.next_attempt_at:%Y-%m-%d %H:%M:%S} UTC{why}."
    return Check(limit=Limit.DUE, said=said, mends=Mends.TIME, until=waiting.next_attempt_at, values=values)


def _suppression(waiting: Waiting, suppressed: set[str], people: People) -> Check:
    if waiting.lead.number not in suppressed:
        return Check(limit=Limit.SUPPRESSION, said="No suppression list that holds here has the number.")
    entries = people.entries.get(waiting.lead.number, [])
    names = ", ".join(str(entry["list"]) for entry in entries)
    return Check(
        limit=Limit.SUPPRESSION,
        said=f"The number is suppressed by {names}.",
        # Claiming ends such a lead, also where an entry holds until an instant.
        mends=Mends.NEVER,
        values={"entries": entries, "opt_outs": people.opt_outs.get(waiting.lead.number, [])},
    )


def _on_the_line(waiting: Waiting, on_the_line: set[str], people: People, now: datetime) -> Check:
    if waiting.lead.number not in on_the_line:
        return Check(limit=Limit.ON_THE_LINE, said="The person is not on the line.")
    return Check(
        limit=Limit.ON_THE_LINE,
        said="The person is on the line already.",
        mends=Mends.TIME,
        until=now + timedelta(seconds=ON_THE_LINE_SECONDS),
        values=people.live.get(waiting.lead.number, {}),
    )


def _rules(waiting: Waiting, limits: Limits, found: Decision, calls: Sequence[datetime]) -> Check:
    rules = limits.rules
    values: dict[str, Any] = {
        "profile": str(rules.profile) if rules.profile else "",
        "zones": list(contact_zones(_facts(waiting))) if rules.needs_contact else [rules.schedule.time_zone],
        "caps": [str(cap) for cap in rules.caps.caps],
        "minimum_gap_seconds": rules.caps.minimum_gap_seconds,
        "calls": sorted(calls, reverse=True)[:20],
        "required_fields": list(rules.profile.required_fields) if rules.profile else [],
    }
    if found.allowed:
        said = "Hours, profile and caps let it be called."
        return Check(limit=Limit.RULES, rule=str(found.rule), said=said, values=values)
    mends = Mends.TIME if found.next_allowed_at else Mends.NEVER
    return Check(
        limit=Limit.RULES,
        rule=str(found.rule),
        said=found.detail or str(found.rule),
        mends=mends,
        until=found.next_allowed_at,
        values=values,
    )


def _standing_in(waiting: Waiting, limits: Limits) -> Check | None:
    """A second account takes no lead whose last call may have rung."""
    way = limits.way
    if way is None or not way.view.is_standing_in or waiting.last_outcome not in MAY_HAVE_RUNG:
        return None
    said = "A second account stands in, and the last call may have rung: the first account takes this one."
    return Check(limit=Limit.STANDING_IN, said=said, mends=Mends.ROOM)


def _line(cursor: Any, waiting: Waiting, limits: Limits) -> list[Check]:
    """Say from which DID the call would leave."""
    way = limits.way
    if way is None or not way.view.share.dids or waiting.state != "PENDING":
        return []
    share = way.view.share
    known = callers(cursor, rotation=share.rotation, leads=[waiting.lead])
    did = choose(dids=share.dids, rotation=share.rotation, caller=known[0] if known else NOBODY)
    if did is None:
        return []
    values: Mapping[str, Any] = {"did": did.number, "rotation": str(share.rotation)}
    return [Check(limit=Limit.DID, said=f"The next call would leave from {did.number}.", values=values)]
