"""Makes leads of contacts: one lead a number in a campaign, however many lists hold it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.clamping import first_due
from campaigns.doorbells import ring_account
from campaigns.models import Campaign, CampaignState
from campaigns.ordering import NORMAL_PRIORITY, Lane, rank
from campaigns.ruling import read_rules

_ENROL = """
INSERT INTO campaigns_lead (campaign_id, contact_id, number, rank, next_attempt_at, state_reason)
SELECT %(campaign)s, c.id, c.number, %(rank)s, %(due)s, %(reason)s
  FROM campaigns_contact c
 WHERE {which}
 ORDER BY c.id
    ON CONFLICT (campaign_id, number, occasion) DO NOTHING
"""


def enrol_campaign(*, campaign_id: int, now: datetime) -> int:
    """Make a lead of every contact of the campaign's lists that has none yet; return how many. Safe to repeat."""
    which = """c.contact_list_id IN (SELECT contactlist_id FROM campaigns_campaign_contact_lists
                                      WHERE campaign_id = %(campaign)s)
               AND NOT EXISTS (SELECT 1 FROM campaigns_lead l
                                WHERE l.campaign_id = %(campaign)s AND l.number = c.number)"""
    return _enrol(which, campaign_id=campaign_id, due=now, priority=NORMAL_PRIORITY, contact_ids=())


def enrol_contacts(
    *, campaign_id: int, contact_ids: Sequence[int], due_at: datetime, priority: int = NORMAL_PRIORITY
) -> int:
    """Make leads of these contacts, due at ``due_at``; return how many are new. Raises ValueError on the priority."""
    return _enrol(
        "c.id = ANY(%(contacts)s)", campaign_id=campaign_id, due=due_at, priority=priority, contact_ids=contact_ids
    )


def enrol_list(*, contact_list_id: int, now: datetime) -> int:
    """Make leads of a list's new contacts in every campaign that runs over it; return how many, and ring."""
    enrolled = 0
    for campaign in Campaign.objects.filter(contact_lists=contact_list_id, state=CampaignState.RUNNING):
        enrolled += enrol_campaign(campaign_id=campaign.pk, now=now)
        for account_id in campaign.account_ids:
            ring_account(account_id)
    return enrolled


def _enrol(which: str, *, campaign_id: int, due: datetime, priority: int, contact_ids: Sequence[int]) -> int:
    parameters: dict[str, Any] = {
        "campaign": campaign_id,
        "rank": rank(lane=Lane.FIRST_PASS, priority=priority),
        "due": due,
        "contacts": list(contact_ids),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # Due at a permitted instant, so that a campaign that is closed says for when it waits.
        rules = read_rules(cursor, campaign_ids=[campaign_id])[campaign_id]
        parameters["due"], parameters["reason"] = first_due(rules=rules, at=due)
        cursor.execute(_ENROL.format(which=which), parameters)
        return int(cursor.rowcount)
