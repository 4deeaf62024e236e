"""Every INSERT of a lead: contacts that are enrolled, and single calls. All begin as PENDING."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction


class Piece(NamedTuple):
    """The contacts of some lists with ids from one to another."""

    list_ids: Sequence[int]
    first_id: int
    last_id: int


#: Contacts by their ids, or those of a piece.
Contacts = Sequence[int] | Piece

_ENROL = """
INSERT INTO campaigns_lead (campaign_id, contact_id, number, rank, next_attempt_at, state_reason)
SELECT %(campaign)s, c.id, c.number, %(rank)s, %(due)s, %(reason)s
  FROM campaigns_contact c
 WHERE {which}
   AND c.number LIKE '+%%'  -- not of one who was erased
 ORDER BY c.id
"""
# Who is a lead already is found by the unique index: asked for beforehand, all leads would be read for each piece.
_WHO_IS_NONE = " ON CONFLICT (campaign_id, number, occasion) DO NOTHING"
# "+ 0": see campaigns.leads.enrolling.
_BEGINS_WITH_A_LEAD = """
SELECT EXISTS (SELECT FROM campaigns_contact c JOIN campaigns_lead l ON l.number = c.number
                WHERE c.id = %(first)s AND %(campaign)s = l.campaign_id + 0)
"""


def which(contacts: Contacts) -> tuple[str, dict[str, Any]]:
    """Return the condition of contacts ``c``, and its values: a piece has not to be sent there and back."""
    if isinstance(contacts, Piece):
        of_piece = "c.id BETWEEN %(first)s AND %(last)s AND c.contact_list_id = ANY(%(lists)s)"
        return of_piece, {"first": contacts.first_id, "last": contacts.last_id, "lists": list(contacts.list_ids)}
    return "c.id = ANY(%(contacts)s)", {"contacts": list(contacts)}


def are_likely_new(cursor: Any, piece: Piece, *, campaign_id: int) -> bool:
    """Return whether hardly a number of a piece is a lead of the campaign already.

    A list has each number once, two may share some; and a list that is gone through again has leads from its first on.
    """
    if len(piece.list_ids) > 1:
        return False
    cursor.execute(_BEGINS_WITH_A_LEAD, {"first": piece.first_id, "campaign": campaign_id})
    return not cursor.fetchone()[0]


def enrol(
    cursor: Any,
    *,
    campaign_id: int,
    contacts: Contacts,
    rank: int,
    due_at: datetime,
    reason: str,
    are_new: bool = False,
) -> int:
    """Insert a lead for each of these contacts whose number the campaign does not have yet; return how many are new.

    ``are_new``: all of them are, as far as is known. They are tried as such, which takes PostgreSQL a sixth less.
    """
    condition, values = which(contacts)
    values |= {"campaign": campaign_id, "rank": rank, "due": due_at, "reason": reason[:200]}
    insert = _ENROL.format(which=condition)
    if are_new:
        try:
            with transaction.atomic():
                cursor.execute(insert, values)
                return int(cursor.rowcount)
        except IntegrityError:
            pass  # somebody among them is a lead after all
    cursor.execute(insert + _WHO_IS_NONE, values)
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
