"""The attempts that a claim inserts: who is seated, and by which terms of the campaign."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from campaigns.claiming import evidence
from campaigns.claiming.account_reading import AccountView
from campaigns.claiming.campaign_reading import CampaignView
from campaigns.claiming.due import DueLead
from campaigns.claiming.seating import Seat
from campaigns.rules.week import day_of, hour_of_week
from campaigns.states.attempts import NewAttempt, reserve_attempts

#: Added to the longest ringing and talking before an attempt without news is called LOST.
DEADLINE_MARGIN_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """An attempt that holds its slot, with all that its request needs."""

    attempt_id: int
    reference: uuid.UUID
    lead: DueLead
    campaign: CampaignView
    did_number: str | None
    agent: tuple[str, str] | None
    send_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What all attempts of one claim and campaign share, worked out once."""

    campaign: CampaignView
    deadline_at: datetime
    version_id: int
    holds_until_told: bool
    week_hour: int | None
    called_on: date | None


def insert(
    cursor: Any,
    *,
    account: AccountView,
    waiting: Mapping[int, Sequence[DueLead]],
    seats: Sequence[Seat],
    times: Sequence[datetime],
    now: datetime,
    placing: bool,
) -> list[Reserved]:
    """Insert the attempts of these seats, each to leave at its time; return those that nobody has inserted before."""
    if not seats:
        return []
    terms = _terms(cursor, account=account, campaign_ids={seat.campaign_id for seat in seats}, now=now)
    planned: dict[int, tuple[NewAttempt, Seat]] = {}
    for seat, send_at in zip(seats, times, strict=False):
        lead = waiting[seat.campaign_id][seat.lead_position]
        row = _row(account=account, terms=terms[seat.campaign_id], seat=seat, lead=lead, send_at=send_at)
        planned[lead.id] = row, seat
    # In the order of numbers: accounts that share people would else wait for each other's numbers in a ring.
    rows = sorted((row for row, _ in planned.values()), key=lambda row: row.number)
    inserted = reserve_attempts(cursor, account_id=account.id, rows=rows, now=now, placing=placing)
    return [
        Reserved(
            attempt_id=inserted[lead_id],
            reference=row.reference,
            lead=waiting[seat.campaign_id][seat.lead_position],
            campaign=(campaign := terms[seat.campaign_id].campaign),
            did_number=campaign.did_numbers.get(seat.did_id) if seat.did_id else None,
            agent=campaign.agent_addresses.get(seat.agent_id) if seat.agent_id else None,
            send_at=row.send_at,
        )
        for lead_id, (row, seat) in planned.items()
        if lead_id in inserted
    ]


def _terms(cursor: Any, *, account: AccountView, campaign_ids: set[int], now: datetime) -> dict[int, _Terms]:
    found = {}
    for campaign in account.campaigns:
        if campaign.id not in campaign_ids:
            continue
        talking = campaign.max_call_seconds or account.max_call_seconds
        ringing = campaign.max_ring_seconds + account.second_leg_seconds
        longest = ringing + talking + DEADLINE_MARGIN_SECONDS
        found[campaign.id] = _Terms(
            campaign=campaign,
            deadline_at=now + timedelta(seconds=longest),
            version_id=evidence.version_of(cursor, campaign_id=campaign.id, rules=campaign.rules, now=now),
            holds_until_told=account.provider.may_transfer(options=campaign.options),
            week_hour=hour_of_week(now, zone=campaign.rules.zone),
            called_on=day_of(now, zone=campaign.rules.zone),
        )
    return found


def _row(*, account: AccountView, terms: _Terms, seat: Seat, lead: DueLead, send_at: datetime) -> NewAttempt:
    campaign = terms.campaign
    return NewAttempt(
        reference=uuid7(),
        lead_id=lead.id,
        campaign_id=campaign.id,
        did_id=seat.did_id,
        agent_id=seat.agent_id,
        number=lead.number,
        send_at=send_at,
        deadline_at=terms.deadline_at,
        next_poll_at=send_at + timedelta(seconds=account.poll_after_seconds) if account.polls else None,
        profile_id=campaign.rules.profile_id,
        rules_version_id=terms.version_id,
        grounds=evidence.grounds(rules=campaign.rules, lead=lead),
        may_be_absent=campaign.is_logged,
        holds_until_told=terms.holds_until_told,
        template_id=campaign.template_id,
        contact_list_id=lead.contact_list_id,
        nth=lead.attempts_made + 1,
        week_hour=terms.week_hour,
        called_on=terms.called_on,
    )
