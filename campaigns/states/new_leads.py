"""Every INSERT of a lead: contacts that are enrolled, and single calls. All begin as PENDING."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """The contacts of a campaign's lists with ids after one and up to another."""

    campaign_id: int
    after_id: int
    last_id: int


#: Contacts by their ids, or those of a piece.
Contacts = Sequence[int] | Piece

# Who is a lead already is found by the unique index: asked for beforehand, all leads would be read for each piece.
_ENROL = """
INSERT INTO campaigns_lead (campaign_id, contact_id, number, rank, next_attempt_at, state_reason)
SELECT %(campaign)s, c.id, c.number, %(rank)s, %(due)s, %(reason)s
  FROM campaigns_contact c
 WHERE {which}
   AND c.number LIKE '+%%'  -- not of one who was erased
 ORDER BY c.id
    ON CONFLICT (campaign_id, number, occasion) DO NOTHING
"""
_OF_PIECE = """c.id > %(after)s AND c.id <= %(last)s AND c.contact_list_id IN
       (SELECT contactlist_id FROM campaigns_campaign_contact_lists WHERE campaign_id = %(campaign)s)"""


def which(contacts: Contacts) -> tuple[str, dict[str, Any]]:
    """Return the condition of contacts ``c``, and its values: a piece has not to be sent there and back."""
    if isinstance(contacts, Piece):
        campaign_id, after_id, last_id = contacts
        return _OF_PIECE, {"campaign": campaign_id, "after": after_id, "last": last_id}
    return "c.id = ANY(%(contacts)s)", {"contacts": list(contacts)}


def enrol(cursor: Any, *, campaign_id: int, contacts: Contacts, rank: int, due_at: datetime, reason: str) -> int:
    """Insert a lead for each of these contacts whose number the campaign does not have yet; return how many are new."""
    condition, values = which(contacts)
    cursor.execute(
        _ENROL.format(which=condition),
        {**values, "campaign": campaign_id, "rank": rank, "due": due_at, "reason": reason[:200]},
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
