"""Takes a callback back: its lead stands where it would stand if nobody had asked for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.acts import WORK_LEADS
from campaigns.doorbells import ring_campaign
from campaigns.models import Attempt, Callback, Campaign, Lead
from campaigns.rules.lead_next import LeadNext
from campaigns.rules.order import Lane, rank, retry_rank
from campaigns.settling.endings import Locked, lock
from campaigns.settling.late_dispositions import open_rules
from campaigns.settling.outcomes import after_call
from campaigns.states import leads as lead_states
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import record
from dialer.providers.base import Outcome
from dialer.sql import hot_cursor


def call_off_callback(*, lead_id: int, by: str, now: datetime) -> None:
    """Let a lead go on as if no callback had been set: by its last call it ends or is tried again, else it waits.

    Raises UnableToOperate where no callback waits.
    """
    with transaction.atomic(), hot_cursor() as cursor:
        last = Attempt.objects.filter(lead=lead_id, is_burned=True).order_by("-id").values_list("pk", flat=True).first()
        # The attempt before its lead, as everybody locks them.
        locked = lock(cursor, attempt_ids=[last], now=now) if last else {}
        lead = Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead_id)
        was = lead.callback_at
        following = _following(lead, locked.get(last) if last else None, now)
        said = f"Callback called off by {by}"
        following = replace(following, reason=f"{said}: {following.reason}" if following.reason else said)
        if not lead_states.call_off(cursor, lead_id=lead_id, following=following, now=now) or was is None:
            raise UnableToOperate(["No callback of it waits."])
        latest = Callback.objects.filter(lead=lead_id, called_off_at=None).values("pk")[:1]
        Callback.objects.filter(pk__in=latest).update(called_off_at=now)
        changes: dict[str, Any] = {"callback_at": [was.isoformat(), None]}
        record(act=WORK_LEADS.name, what="Callback called off", subject=lead, changes=changes, now=now)
        ring_campaign(Campaign.objects.get(pk=lead.campaign_id))


def _following(lead: Lead, last: Locked | None, now: datetime) -> LeadNext:
    priority = lead.rank % 10
    if last is None or last.state != "ENDED":
        lane = Lane.RETRY if lead.attempts_made else Lane.FIRST_PASS
        return LeadNext(state="PENDING", rank=rank(lane=lane, priority=priority))
    rules = open_rules(last.rules, now) or last.rules
    end = last.ended(outcome=Outcome(last.outcome or ""), disposition=last.disposition)
    end = replace(end, attempts_before=last.attempts_made - int(last.counted))
    following = after_call(end=end, rules=rules, now=now)
    return following if following.rank is not None else replace(following, rank=retry_rank(lead.rank))
