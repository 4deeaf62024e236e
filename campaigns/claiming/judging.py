"""Which due leads may be called at this instant. What may not leaves the head of the queue, with the reason.

A lead whose hours are closed, whose person is capped or whose number is suppressed until a date is due again at the
exact instant at which it may be called, so it is not looked at again and again; one that may never be called ends.
One whose number is held for somebody's decision waits for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.claiming.due import DueLead
from campaigns.claiming.evidence import keep_skips
from campaigns.claiming.slots import Caller
from campaigns.claiming.suppressed import (
    HELD,
    HELD_REASON,
    HELD_SECONDS,
    SUPPRESSED_UNTIL,
    SUPPRESSION,
    Unavailable,
    unavailable_people,
)
from campaigns.rules.campaign import calls_of
from campaigns.rules.deciding import Decision, LeadFacts, Rule
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.ruleset import CampaignRules
from campaigns.states import leads as lead_states
from campaigns.states.leads import PutOff

#: A lead whose person is on the line in another campaign is looked at again after this long.
ON_THE_LINE, ON_THE_LINE_SECONDS = "ON_THE_LINE", 15
#: Where another number of a person is suppressed, and the contact's own is not, that one is rung this much later.
OWN_NUMBER_SECONDS = 1
OWN_NUMBER_NEXT = "The other number is suppressed; the contact's own is next"
#: A request leaves within this time from the claim or never: for its claim, its rate, and SEND_WITHIN_SECONDS of
#: ``placing.fence``. Hours must still be open then.
LEAVES_WITHIN = timedelta(seconds=2)


def is_closed(*, rules: CampaignRules, now: datetime) -> bool:
    """Return whether the campaign calls nobody now, for any lead."""
    return rules.is_surely_closed(now) or rules.is_surely_closed(now + LEAVES_WITHIN)


def judge(
    cursor: Any, *, campaign_id: int, rules: CampaignRules, leads: Sequence[DueLead], now: datetime
) -> tuple[list[DueLead], bool]:
    """Return those of the due leads that may be called now, in their order, and whether any other was put away."""
    unavailable = unavailable_people(cursor, campaign_id=campaign_id, leads=leads, now=now)
    calls = calls_of_people(cursor, leads=leads, rules=rules, now=now)
    away = []
    later = now + timedelta(seconds=ON_THE_LINE_SECONDS)
    for lead in leads:
        barred = barred_lead(rules=rules, lead=lead, unavailable=unavailable, calls=calls.get(lead.number, ()), now=now)
        if barred is not None:
            away.append(barred)
        elif lead.number in unavailable.on_the_line:
            away.append(_away(lead, "PENDING", later, "On the line already", rule=ON_THE_LINE))
    out = {one.lead_id for one in away}
    good = [lead for lead in leads if lead.id not in out]
    if rules.judges_leads and good:
        good, refused = _by_rules(rules=rules, leads=good, calls=calls, now=now)
        away += refused
    if away:
        keep_skips(cursor, campaign_id=campaign_id, rules=rules, skips=away, now=now)
        lead_states.put_off(cursor, leads=away, now=now)
    return good, bool(away)


def calls_of_people(
    cursor: Any, *, leads: Sequence[DueLead], rules: CampaignRules, now: datetime
) -> Mapping[str, Sequence[datetime]]:
    """Return the dials of each lead's person as far back as caps look, by the number that it rings now.

    A person with several numbers has the dials of all of them.
    """
    if not rules.caps:
        return {}
    numbers = list(dict.fromkeys(number for lead in leads for number in lead.numbers))
    found = calls_of(cursor, numbers=numbers, seconds=rules.caps.longest_seconds, now=now, rehearsal=rules.rehearsal)
    if not found or all(len(lead.numbers) == 1 for lead in leads):
        return found
    return {lead.number: [call for number in lead.numbers for call in found.get(number, ())] for lead in leads}


def _away(lead: DueLead, state: str, until: datetime | None, reason: str, *, rule: str) -> PutOff:
    return PutOff(lead_id=lead.id, state=state, until=until, reason=reason, rule=rule)


def barred_lead(
    *, rules: CampaignRules, lead: DueLead, unavailable: Unavailable, calls: Sequence[datetime], now: datetime
) -> PutOff | None:
    """Return what becomes of a lead whose number is suppressed or held, None where it is neither.

    A suppression for ever needs no decision any more; one until a date says nothing of the doubt.
    """
    suppressed = unavailable.suppressed
    if lead.number in unavailable.held and suppressed.get(lead.number, now) is not None:
        return _held_lead(rules=rules, lead=lead, calls=calls, now=now)
    if lead.number in unavailable.only_other:
        return own_number_next(lead, now)
    if lead.number in suppressed:
        return suppressed_lead(rules=rules, lead=lead, until=suppressed[lead.number], calls=calls)
    return None


def own_number_next(lead: DueLead, now: datetime) -> PutOff:
    """Return what becomes of a lead of which only the other number is suppressed: its own is rung, by every rule."""
    again = now + timedelta(seconds=OWN_NUMBER_SECONDS)
    return replace(_away(lead, "PENDING", again, OWN_NUMBER_NEXT, rule=SUPPRESSION), rings_own_number=True)


def _held_lead(*, rules: CampaignRules, lead: DueLead, calls: Sequence[datetime], now: datetime) -> PutOff:
    """Return when a held lead is looked at again: it waits, whatever becomes of it once somebody has decided."""
    again = now + timedelta(seconds=HELD_SECONDS)
    found = decision(rules=rules, lead=lead, calls=calls, now=again)
    return _away(lead, "PENDING", found.next_allowed_at or again, HELD_REASON, rule=HELD)


def suppressed_lead(
    *, rules: CampaignRules, lead: DueLead, until: datetime | None, calls: Sequence[datetime]
) -> PutOff:
    """Return what becomes of a lead whose number is suppressed until an instant, or for ever.

    It waits for the first permitted instant after that, and is SUPPRESSED where there is none.
    """
    reason, found = "Number is suppressed", None
    if until is not None:
        reason = f"{SUPPRESSED_UNTIL}{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        found = decision(rules=rules, lead=lead, calls=calls, now=until)
    if found is None or found.next_allowed_at is None:
        reason += f". {found.detail}" if found else ""
        return _away(lead, "SUPPRESSED", None, reason, rule=SUPPRESSION)
    return _away(lead, "PENDING", found.next_allowed_at, reason, rule=SUPPRESSION)


def _by_rules(
    *, rules: CampaignRules, leads: Sequence[DueLead], calls: Mapping[str, Sequence[datetime]], now: datetime
) -> tuple[list[DueLead], list[PutOff]]:
    """Return those that the rules let be called, and what becomes of the others."""
    good: list[DueLead] = []
    put_off: list[PutOff] = []
    for lead in leads:
        found = decision(rules=rules, lead=lead, calls=calls.get(lead.number, ()), now=now)
        if found.allowed:
            good.append(lead)
        else:
            put_off.append(put_off_of(lead, found))
    return good, put_off


def decision(*, rules: CampaignRules, lead: DueLead, calls: Sequence[datetime], now: datetime) -> Decision:
    """Decide on a lead at ``now``; what closes before its request has surely left is closed already."""
    facts = LeadFacts(number=lead.number, time_zone=lead.time_zone, variables=lead.variables)
    found = rules.decide(lead=facts, at=now, calls=calls)
    if not found.allowed:
        return found
    after = rules.decide(lead=facts, at=now + LEAVES_WITHIN, calls=calls)
    return found if after.allowed else after


def put_off_of(lead: DueLead, found: Decision) -> PutOff:
    """Return what becomes of a lead that may not be called now."""
    state = "PENDING"
    if found.next_allowed_at is None:
        state = "SUPPRESSED" if found.rule == Rule.REQUIRED_FIELDS else "EXPIRED"
    return _away(lead, state, found.next_allowed_at, found.detail, rule=str(found.rule))


_KNOWN_DIDS = """
SELECT DISTINCT ON (number) number, did_id FROM campaigns_attempt
 WHERE number = ANY(%s) AND did_id IS NOT NULL AND is_rehearsal = %s ORDER BY number, id DESC
"""


def callers(cursor: Any, *, rules: CampaignRules, leads: Sequence[DueLead]) -> list[Caller]:
    """Return what the choice of a DID has to know of leads; empty where nothing matters."""
    known: dict[str, int] = {}
    rotation = rules.rotation
    if rotation == Rotation.STICKY:
        cursor.execute(_KNOWN_DIDS, [[lead.number for lead in leads], rules.rehearsal is not None])
        known = dict(cursor.fetchall())
    elif rotation != Rotation.SAME_REGION and all(lead.avoid_did_id is None for lead in leads):
        return []
    return [
        Caller(number=lead.number, known_did_id=known.get(lead.number), avoid_did_id=lead.avoid_did_id)
        for lead in leads
    ]
