"""A campaign with leads of every kind: zones, caps, suppression, holds, calls elsewhere, callbacks, retries, ends."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from campaigns.models import (
    Attempt,
    CallingWindow,
    Campaign,
    Contact,
    Lead,
    PossibleOptOut,
    RulesProfile,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.rules.order import Lane, rank
from tests.campaigns.world import account, campaign, did, set_fleet

#: One second before 18:00 in India: a call that begins now would leave after closing.
AT = datetime(2026, 3, 2, 12, 29, 59, tzinfo=UTC)
PREFIXES = ("+9198", "+4479", "+1212", "+1303", "+1415", "+1800", "+4915", "+8190", "+9715", "+6149", "+8000")
ZONES = ("", "", "", "", "Asia/Kathmandu", "Europe/Berlin", "America/St_Johns", "UTC", "No/Where")
ENDS = ("COMPLETED", "EXHAUSTED", "SUPPRESSED", "EXPIRED", "CANCELED")


def mixed_campaign(*, quantity: int, seed: int = 1) -> Campaign:
    """Return a running campaign by the contacts' clocks whose account has room for everybody."""
    random = Random(seed)
    owner = account()
    set_fleet(owner, available=1_000_000, at=AT)
    profile = RulesProfile(
        slug="mixed",
        name="Mixed",
        rules={
            "windows": [{"days": "1234567", "opens": "08:00", "closes": "21:00"}],
            "caps": [{"calls": 3, "hours": 24}, {"calls": 6, "hours": 336}],
            "required_fields": ["consent"],
        },
    )
    profile.save()
    made = campaign(
        owner,
        leads=0,
        dids=[did(owner, 100_000)],
        hours_follow="CONTACT",
        profile=profile,
        minimum_gap_seconds=1800,
        blackout_dates=["2026-03-04"],
        ends_at=AT + timedelta(days=60),
    )
    for days, opens, closes in (("12345", "09:30", "13:00"), ("1234", "14:00", "18:00"), ("6", "22:00", "02:00")):
        CallingWindow.objects.create(campaign=made, days=days, opens=opens, closes=closes)
    leads = _leads(made, quantity, random)
    _suppress(made, [lead.number for lead in leads if random.random() < 0.1], random)
    _call_elsewhere(leads, random)
    return made


def _leads(made: Campaign, quantity: int, random: Random) -> list[Lead]:
    people = made.contact_lists.get()
    Contact.objects.bulk_create(
        Contact(
            contact_list=people,
            number=f"{random.choice(PREFIXES)}{number:07}",
            time_zone=random.choice(ZONES),
            variables={} if random.random() < 0.05 else {"consent": "yes"},
        )
        for number in range(quantity)
    )
    leads = [_lead(made, contact, random) for contact in people.contacts.order_by("id")]
    # Some persons wait in the campaign a second time: single calls to one number.
    for number in range(0, quantity - 1, 50):
        leads[number + 1] = Lead(
            campaign=made, contact=leads[number].contact, number=leads[number].number, occasion=1, next_attempt_at=AT
        )
    return Lead.objects.bulk_create(leads)


def _lead(made: Campaign, contact: Contact, random: Random) -> Lead:
    due = AT + timedelta(seconds=random.choice((-86400, -3600, -1, 0, 0, 1, 1800, 90000)))
    values: dict[str, Any] = {"next_attempt_at": due}
    kind = random.random()
    if kind < 0.1:
        values |= {"state": random.choice(ENDS), "ended_at": AT - timedelta(hours=1)}
    elif kind < 0.3:
        outcome = random.choice(("BUSY", "NO_ANSWER", "LOST"))
        values |= {"rank": rank(lane=Lane.RETRY), "attempts_made": random.randint(1, 2), "last_outcome": outcome}
    elif kind < 0.4:
        values |= {"rank": rank(lane=Lane.CALLBACK), "callback_at": due}
    if random.random() < 0.05:
        values["other_number"] = f"+9197{contact.pk % 10**7:08}"
    return Lead(campaign=made, contact=contact, number=contact.number, **values)


def _suppress(made: Campaign, numbers: list[str], random: Random) -> None:
    everywhere = SuppressionList.objects.create(name="Everywhere")
    own, foreign = (SuppressionList.objects.create(name=name, applies_to_all=False) for name in ("Own", "Foreign"))
    made.suppression_lists.add(own)
    # For ever, over, for another moment, for days, and beyond the campaign's end.
    untils = (None, AT, *(AT + timedelta(seconds=seconds) for seconds in (1, -86400, 200_000, 900_000, 9_000_000)))
    SuppressedNumber.objects.bulk_create(
        SuppressedNumber(
            suppression_list=random.choice((everywhere, own, foreign)), number=number, until=random.choice(untils)
        )
        for number in sorted(set(numbers))
    )


def _call_elsewhere(leads: list[Lead], random: Random) -> None:
    """Give a third of the persons dials in another campaign, some of them live still."""
    other = campaign(account(), leads=0, state="PAUSED")
    people = other.contact_lists.get()
    numbers = sorted({lead.other_number or lead.number for lead in leads})
    chosen = [number for number in numbers if random.random() < 0.33]
    contacts = Contact.objects.bulk_create(Contact(contact_list=people, number=number) for number in chosen)
    theirs = Lead.objects.bulk_create(
        Lead(campaign=other, contact=contact, number=contact.number, state="DIALING") for contact in contacts
    )
    attempts = []
    for lead in theirs:
        for _ in range(random.choice((1, 2, 3, 5, 6))):
            at = AT - timedelta(seconds=random.choice((5, 1799, 1800, 7200, 86399, 86400, 300_000, 1_209_600)))
            ended = {"state": "ENDED", "outcome": "BUSY", "is_burned": random.random() < 0.9, "ended_at": at}
            attempts.append(_attempt(other, lead, at, ended))
        if random.random() < 0.2:
            attempts.append(_attempt(other, lead, AT - timedelta(seconds=40), {"state": "RINGING"}))
    _leave_doubts(Attempt.objects.bulk_create(attempts), random)


def _leave_doubts(attempts: list[Attempt], random: Random) -> None:
    """Hold some of the persons until somebody decides what they said; of others it is decided."""
    for attempt in attempts:
        if random.random() < 0.05:
            decided = {"decision": "NOT_OPT_OUT", "decided_at": AT} if random.random() < 0.3 else {}
            PossibleOptOut.objects.create(
                attempt=attempt,
                campaign_id=attempt.campaign_id,
                number=attempt.number,
                heard_in="disposition",
                said="not at the office",
                why="LIMITED",
                heard_at=AT,
                **decided,
            )


def _attempt(made: Campaign, lead: Lead, at: datetime, values: dict[str, Any]) -> Attempt:
    return Attempt(
        reference=uuid.uuid4(),
        lead=lead,
        campaign=made,
        account_id=made.account_id,
        number=lead.number,
        reserved_at=at,
        placing_at=at,
        send_at=at,
        deadline_at=at + timedelta(hours=2),
        **values,
    )
