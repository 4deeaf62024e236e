"""Leads that still wait in campaigns that call nobody any more: CANCELED after a stop, EXPIRED after the end.

A campaign may leave a million behind, so they end in pieces, each a transaction of its own: who settles a late word on
one of them, or calls it back, waits for a piece at most. A piece is locked in the order of ids, and its leads are found
by them: see ``states.ends`` for why ``state || ''``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from campaigns.models import Campaign, Lead, LeadState
from campaigns.states.locks import in_pieces
from campaigns.states.told import TELL_ENDED


def cancel_waiting(*, campaigns: QuerySet[Campaign], now: datetime) -> int:
    """PENDING → CANCELED in campaigns that were stopped; return how many. Not inside another transaction."""
    return _end_waiting(campaigns, to=LeadState.CANCELED, reason="Campaign stopped", now=now)


def expire_waiting(*, campaigns: QuerySet[Campaign], now: datetime) -> int:
    """PENDING → EXPIRED in campaigns whose end has passed; return how many. Not inside another transaction."""
    return _end_waiting(campaigns, to=LeadState.EXPIRED, reason="The campaign's end passed", now=now)


def _end_waiting(campaigns: QuerySet[Campaign], *, to: LeadState, reason: str, now: datetime) -> int:
    concerned = _ids(campaigns)
    if not concerned:
        return 0
    # Which campaigns is asked anew each time: somebody may have moved the end of one meanwhile.
    return sum(
        _end_piece(piece, campaign_ids=_ids(campaigns), to=to, reason=reason, now=now)
        for piece in in_pieces(Lead.objects.filter(campaign__in=concerned, state=LeadState.PENDING))
    )


def _ids(campaigns: QuerySet[Campaign]) -> list[int]:
    return list(campaigns.order_by("pk").values_list("pk", flat=True))


_END_PIECE = f"""
WITH locked AS MATERIALIZED (
    SELECT id FROM campaigns_lead
     WHERE id = ANY(%(leads)s) AND campaign_id = ANY(%(campaigns)s) AND state || '' = 'PENDING'
     ORDER BY id FOR NO KEY UPDATE
), ended AS (
    UPDATE campaigns_lead l
       SET state = %(to)s, state_reason = %(reason)s, ended_at = %(now)s, callback_at = NULL
      FROM locked WHERE l.id = locked.id
    RETURNING l.id, l.state
), {TELL_ENDED} SELECT id FROM ended
"""  # noqa: S608


def _end_piece(
    lead_ids: Sequence[int], *, campaign_ids: Sequence[int], to: LeadState, reason: str, now: datetime
) -> int:
    values: dict[str, Any] = {"leads": list(lead_ids), "campaigns": list(campaign_ids)}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_END_PIECE, {**values, "to": to, "reason": reason, "now": now})
        return int(cursor.rowcount)
