"""Every INSERT of a lead: contacts that are enrolled, and single calls. All begin as PENDING."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# Who is a lead already is found by the unique index: asked for beforehand, all leads would be read for each piece.
_ENROL = """
INSERT INTO campaigns_lead (campaign_id, contact_id, number, rank, next_attempt_at, state_reason)
SELECT %(campaign)s, c.id, c.number, %(rank)s, %(due)s, %(reason)s
  FROM campaigns_contact c
 WHERE c.id = ANY(%(contacts)s)
   AND c.number LIKE '+%%'  -- not of one who was erased
 ORDER BY c.id
    ON CONFLICT (campaign_id, number, occasion) DO NOTHING
"""


def enrol(
    cursor: Any, *, campaign_id: int, contact_ids: Sequence[int], rank: int, due_at: datetime, reason: str
) -> int:
    """Insert a lead for each of these contacts whose number is none of the campaign yet; return how many are new."""
    cursor.execute(
        _ENROL,
        {"campaign": campaign_id, "rank": rank, "due": due_at, "reason": reason[:200], "contacts": list(contact_ids)},
    )
    return int(cursor.rowcount)


_ADD_SINGLE = """
INSERT INTO campaigns_lead (campaign_id, contact_id, number, occasion, variables, idempotency_key, rank,
                            next_attempt_at)
SELECT %(campaign)s, %(contact)s, %(number)s, COALESCE(max(l.occasion) + 1, 0), %(variables)s::jsonb, %(key)s,
       %(rank)s, %(due)s
  FROM campaigns_lead l WHERE l.campaign_id = %(campaign)s AND l.number = %(number)s
    ON CONFLICT (campaign_id, number, occasion) DO NOTHING
RETURNING id
"""


def add_single(
    cursor: Any,
    *,
    campaign_id: int,
    contact_id: int,
    number: str,
    variables: Mapping[str, Any],
    idempotency_key: str | None,
    rank: int,
    due_at: datetime,
) -> int:
    """Insert a lead beside those that the number has in the campaign already; return its id.

    The caller has locked the contact. Raises IntegrityError where the campaign has the key already.
    """
    values = {
        "campaign": campaign_id,
        "contact": contact_id,
        "number": number,
        "variables": json.dumps(dict(variables)) if variables else None,
        "key": idempotency_key,
        "rank": rank,
        "due": due_at,
    }
    while True:
        cursor.execute(_ADD_SINGLE, values)
        row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        # The number was enrolled in this moment: the next statement sees it.
