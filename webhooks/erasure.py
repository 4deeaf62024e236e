"""Erases what the inbox and the deliveries hold of a person: events as they came, and replies of subscribers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.erasure.person import Person

# Of the person's calls, and whatever else names the number. What a call log is known by stays, so that the same row is
# not taken in again; what waits to be applied is given up.
_EVENTS = """
UPDATE webhooks_providerevent
   SET body = '', headers = '{}', report = NULL, problem = 'Erased',
       dedupe_key = CASE WHEN dedupe_key ~ %(pattern)s THEN NULL ELSE dedupe_key END,
       state = CASE WHEN state IN ('NEW', 'UNMATCHED') THEN 'IGNORED' ELSE state END
 WHERE attempt_id = ANY(%(attempts)s) OR encode(body, 'escape') ~ %(pattern)s OR headers::text ~ %(pattern)s
    OR report::text ~ %(pattern)s OR problem ~ %(pattern)s
"""
_DELIVERIES = """
UPDATE webhooks_delivery d SET problem = '', reply = ''
  FROM campaigns_feedentry f
 WHERE f.id = d.entry_id AND (f.attempt_id = ANY(%(attempts)s) OR f.lead_id = ANY(%(leads)s))
   AND (d.problem <> '' OR d.reply <> '')
"""


def erase_events(cursor: Any, person: Person) -> Mapping[str, int]:
    """Erase a person's events and deliveries; return rows by table."""
    values = {"pattern": person.pattern, "attempts": list(person.attempt_ids), "leads": list(person.lead_ids)}
    found = {}
    for table, statement in (("webhooks_providerevent", _EVENTS), ("webhooks_delivery", _DELIVERIES)):
        cursor.execute(statement, values)
        found[table] = int(cursor.rowcount)
    return found
