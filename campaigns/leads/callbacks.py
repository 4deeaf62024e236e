"""Callbacks: a lead is called again at an instant that somebody named, before all other leads of its campaign."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns.acts import WORK_LEADS
from campaigns.claiming.suppressed import unavailable_numbers
from campaigns.doorbells import ring_campaign
from campaigns.leads.due_times import first_permitted
from campaigns.models import Callback, Campaign, Lead
from campaigns.rules.words import FURTHEST_CALLBACK
from campaigns.states import campaigns as campaign_states
from campaigns.states import leads as lead_states
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import record

#: An instant so little in the past is meant as "now": clocks differ.
SLIGHTLY_PAST = timedelta(minutes=5)


def set_callback(*, lead_id: int, at: datetime, note: str = "", by: str, now: datetime) -> Callback:
    """Have a lead called back from ``at`` on, at the first permitted instant; also one that is completed or exhausted.

    A lead on the line is called back after its call. A campaign that had completed runs again. Raises UnableToOperate
    when the instant is past or more than 90 days ahead, when the number is suppressed then, or when lead or campaign
    may not be called any more.
    """
    if at < now - SLIGHTLY_PAST:
        raise UnableToOperate(["A callback cannot be in the past."], code="not_permitted")
    if at > now + FURTHEST_CALLBACK:
        raise UnableToOperate(["A callback can be 90 days ahead at most."], code="not_permitted")
    with transaction.atomic(), connection.cursor() as cursor:
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead_id)
        if not lead.number.startswith("+"):
            raise UnableToOperate(["Who it was is erased: nobody can be called."], code="not_permitted")
        campaign = Campaign.objects.get(pk=lead.campaign_id)
        due_at = first_permitted(campaign=campaign, lead_id=lead_id, at=max(at, now), now=now)
        if due_at is None:
            raise UnableToOperate(["The campaign has no hours from then on: it ends before."], code="not_permitted")
        _refuse_suppressed(cursor, lead, due_at=due_at, now=now)
        if not lead_states.call_back(
            cursor, lead_id=lead_id, due_at=due_at, reason=lead_states.callback_reason(by, note)
        ):
            raise UnableToOperate([f"It is {lead.get_state_display().lower()}: it is not called again."])
        reason = f"Running again for the callback of lead #{lead_id}"
        if campaign_states.reopen(cursor, reasons={campaign.pk: reason}, now=now)[campaign.pk] == "STOPPED":
            raise UnableToOperate(["Its campaign is stopped."])
        ring_campaign(campaign)
        made = Callback.objects.create(
            lead=lead, at=at, due_at=due_at, note=note[:200], set_by=by[:150], is_time_given=True, created_at=now
        )
        changes = {"callback_at": [lead.callback_at.isoformat() if lead.callback_at else None, due_at.isoformat()]}
        record(act=WORK_LEADS.name, what="Callback set", subject=lead, changes=changes, reason=note, now=now)
        return made


def _refuse_suppressed(cursor: Any, lead: Lead, *, due_at: datetime, now: datetime) -> None:
    """Say at once what claiming would find: nobody tells of a call that never comes."""
    found = unavailable_numbers(cursor, campaign_id=lead.campaign_id, numbers=[lead.number], now=now).suppressed
    until = found.get(lead.number)
    if lead.number in found and (until is None or until > due_at):
        how_long = "" if until is None else f" until {until:%d %b %Y %H:%M} UTC"
        problem = f"The number is suppressed{how_long}: take it off the list first, if the person wants the call."
        raise UnableToOperate([problem], code="not_permitted")
