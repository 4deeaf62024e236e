"""What a lead's own state, its number and its person say of calling it at an instant, each as a check with its values.

Each is decided by the functions that claiming decides by; here it is only put into words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.claiming.due import MAY_HAVE_RUNG, DueLead
from campaigns.claiming.judging import ON_THE_LINE_SECONDS, callers, own_number_next, suppressed_lead
from campaigns.claiming.slots import NOBODY, Chooser
from campaigns.claiming.suppressed import Unavailable
from campaigns.explaining.checks import Check, Limit, Mends
from campaigns.explaining.limits import Limits
from campaigns.explaining.people import People
from campaigns.models import LEAD_ENDS
from campaigns.rules.deciding import Decision, LeadFacts, contact_zones
from campaigns.rules.ruleset import CampaignRules


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


def _facts(waiting: Waiting) -> LeadFacts:
    lead = waiting.lead
    return LeadFacts(number=lead.number, time_zone=lead.time_zone, variables=lead.variables)


def state_check(waiting: Waiting, people: People) -> Check:
    """Say whether it waits, is being called, or has ended."""
    values = {"state": waiting.state, "reason": waiting.state_reason, "ended_at": waiting.ended_at}
    if waiting.state == "PENDING":
        return Check(limit=Limit.LEAD_STATE, said="The lead waits to be called.", values=values)
    if waiting.state == "DIALING":
        log_by = people.log_by.get(waiting.lead.number)
        said = "It is being called now." if log_by is None else _waits_for_log(log_by)
        return Check(
            limit=Limit.LEAD_STATE, said=said, mends=Mends.ROOM, values={**values, "log_to_be_read_past": log_by}
        )
    assert waiting.state in LEAD_ENDS
    why = f": {waiting.state_reason}." if waiting.state_reason else "."
    said = f"It is {waiting.state.lower()}{why}"
    return Check(limit=Limit.LEAD_STATE, said=said, mends=Mends.NEVER, values=values)


def _waits_for_log(log_by: datetime) -> str:
    return f"A call without a result waits for the log to be read past {log_by:%Y-%m-%d %H:%M:%S} UTC."


def retry_check(waiting: Waiting, limits: Limits) -> Check:
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


def due_check(waiting: Waiting, now: datetime) -> Check:
    """Say from when on it is due."""
    values = {"next_attempt_at": waiting.next_attempt_at, "reason": waiting.state_reason}
    if waiting.state != "PENDING" or waiting.next_attempt_at <= now:
        return Check(limit=Limit.DUE, said="It is due.", values=values)
    why = f": {waiting.state_reason}" if waiting.state_reason else ""
    said = f"It is due {waiting.next_attempt_at:%Y-%m-%d %H:%M:%S} UTC{why}."
    return Check(limit=Limit.DUE, said=said, mends=Mends.TIME, until=waiting.next_attempt_at, values=values)


def suppression_check(
    waiting: Waiting,
    rules: CampaignRules,
    unavailable: Unavailable,
    people: People,
    calls: Sequence[datetime],
    now: datetime,
) -> Check:
    """Say which lists have its number, and until when."""
    lead, suppressed = waiting.lead, unavailable.suppressed
    if lead.number not in suppressed:
        return Check(limit=Limit.SUPPRESSION, said="No suppression list that holds here has the number.")
    held = suppressed_lead(rules=rules, lead=lead, until=suppressed[lead.number], calls=calls)
    if lead.number in unavailable.only_other:
        held = own_number_next(lead, now)
    entries = people.entries.get(lead.number, [])
    names = ", ".join(str(entry["list"]) for entry in entries)
    waits = held.until is not None
    return Check(
        limit=Limit.SUPPRESSION,
        said=f"{held.reason.removesuffix('.')} (on the list: {names}).",
        mends=Mends.TIME if waits else Mends.NEVER,
        until=(held.until if held.rings_own_number else suppressed[lead.number]) if waits else None,
        values={"entries": entries, "opt_outs": people.opt_outs.get(waiting.lead.number, [])},
    )


def held_check(waiting: Waiting, people: People) -> Check:
    """Say which words of a call must be decided on."""
    doubts = people.doubts.get(waiting.lead.number, [])
    if not doubts:
        return Check(limit=Limit.HELD, said="No words of a call have to be decided on.")
    first = doubts[0]
    return Check(
        limit=Limit.HELD,
        said=f"Held: somebody must decide whether “{first['said']}” refuses calls (#{first['possible_opt_out']}).",
        mends=Mends.PERSON,
        values={"to_decide": doubts},
    )


def on_the_line_check(waiting: Waiting, on_the_line: frozenset[str], people: People, now: datetime) -> Check:
    """Say whether its person is in a call of any campaign."""
    if waiting.lead.number not in on_the_line:
        return Check(limit=Limit.ON_THE_LINE, said="The person is not on the line.")
    log_by = people.log_by.get(waiting.lead.number)
    return Check(
        limit=Limit.ON_THE_LINE,
        said="The person is on the line already." if log_by is None else _waits_for_log(log_by),
        mends=Mends.TIME,
        until=now + timedelta(seconds=ON_THE_LINE_SECONDS),
        values=people.live.get(waiting.lead.number, {}),
    )


def rules_check(waiting: Waiting, limits: Limits, found: Decision, calls: Sequence[datetime]) -> Check:
    """Say what hours, profile and caps have ``found``."""
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


def standing_in_check(waiting: Waiting, limits: Limits) -> Check | None:
    """A second account takes no lead whose last call may have rung."""
    way = limits.way
    if way is None or not way.view.is_standing_in or waiting.last_outcome not in MAY_HAVE_RUNG:
        return None
    said = "A second account stands in, and the last call may have rung: the first account takes this one."
    return Check(limit=Limit.STANDING_IN, said=said, mends=Mends.ROOM)


def line_checks(cursor: Any, waiting: Waiting, limits: Limits) -> list[Check]:
    """Say from which DID the call would leave."""
    way = limits.way
    if way is None or not way.view.share.dids or waiting.state != "PENDING":
        return []
    share = way.view.share
    known = callers(cursor, rules=limits.rules, leads=[waiting.lead])
    did = Chooser(slots=share.dids, rotation=share.rotation).choose(known[0] if known else NOBODY)
    if did is None:
        return []
    values: Mapping[str, Any] = {"did": did.number, "rotation": str(share.rotation)}
    return [Check(limit=Limit.DID, said=f"The next call would leave from {did.number}.", values=values)]
