"""The rows that a refusal makes: evidence and suppression of an opt-out, or a doubt that holds the number.

For several numbers they are written in the numbers' order, and for each number in this one: doubts, evidence,
suppression. So two that decide on the same people do not wait for each other in a ring.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from campaigns.acts import SUPPRESS
from campaigns.models import FeedKind, NoticeKind, SuppressionList
from campaigns.results.feed import add_entries
from campaigns.results.notices import notify
from campaigns.rules.refusal_places import Refusal
from dialer.audit import Subject, record

log = structlog.get_logger(__name__)

#: The house's list of those who asked for it in a call.
OPTED_OUT = "Opted out"
#: What decides a doubt when a later, clear word does.
BY_A_CALL = "a call"

_HEARD = "SELECT 1 FROM campaigns_optout WHERE attempt_id = %s"
_CLOSE = """
UPDATE campaigns_possibleoptout SET decision = 'OPT_OUT', decided_by = %(by)s, decided_at = %(now)s
 WHERE id IN (SELECT id FROM campaigns_possibleoptout WHERE number = %(number)s AND decided_at IS NULL
               ORDER BY id FOR UPDATE)
"""
# Who refuses calls on one number is not to be rung on the person's others.
_OTHERS_OF_PERSON = """
SELECT DISTINCT found.number
  FROM campaigns_attempt a
  JOIN campaigns_lead l ON l.id = a.lead_id
  JOIN campaigns_contact c ON c.id = l.contact_id
 CROSS JOIN LATERAL (SELECT l.number UNION SELECT jsonb_array_elements_text(c.further_numbers)) AS found(number)
 WHERE a.id = %s AND found.number <> %s AND found.number LIKE '+%%' ORDER BY 1
"""
_LIST = """
INSERT INTO campaigns_suppressionlist (name, applies_to_all, created_at) VALUES (%s, TRUE, %s)
ON CONFLICT (name) DO UPDATE SET applies_to_all = TRUE RETURNING id
"""
_EVIDENCE = """
INSERT INTO campaigns_optout (attempt_id, number, words, event_id, created_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (attempt_id) DO NOTHING
"""
# What suppresses for longer stays, and for ever is longest.
_SUPPRESS = """
INSERT INTO campaigns_suppressednumber (suppression_list_id, number, reason, until)
VALUES (%(list)s, %(number)s, %(reason)s, %(until)s)
ON CONFLICT (suppression_list_id, number) DO UPDATE SET reason = EXCLUDED.reason, until = EXCLUDED.until
 WHERE campaigns_suppressednumber.until IS NOT NULL
   AND (EXCLUDED.until IS NULL OR EXCLUDED.until > campaigns_suppressednumber.until)
"""
# A number that is suppressed everywhere and for ever needs no hold, and nobody's time.
_DOUBT = """
INSERT INTO campaigns_possibleoptout
       (attempt_id, campaign_id, number, heard_in, said, why, words, event_id, heard_at, decision, decided_by)
SELECT %(attempt)s::bigint, %(campaign)s::bigint, %(number)s::varchar, %(heard_in)s, %(said)s, %(why)s, %(words)s,
       %(event)s::bigint, %(now)s::timestamptz, '', ''
 WHERE NOT EXISTS (SELECT 1 FROM campaigns_optout o WHERE o.attempt_id = %(attempt)s)
   AND NOT EXISTS (SELECT 1 FROM campaigns_suppressednumber s
                     JOIN campaigns_suppressionlist sl ON sl.id = s.suppression_list_id AND sl.applies_to_all
                    WHERE s.number = %(number)s AND s.until IS NULL)
ON CONFLICT (attempt_id, said) DO NOTHING
RETURNING id
"""
_OTHERS = """
SELECT 1 FROM campaigns_possibleoptout WHERE campaign_id = %s AND decided_at IS NULL AND id <> %s LIMIT 1
"""


def record_opt_out(
    cursor: Any, *, attempt_id: int, number: str, words: str, event_id: int | None, by: str = BY_A_CALL, now: datetime
) -> bool:
    """Suppress a number everywhere and for ever, with the evidence; return whether its call had not said so before.

    The person's other numbers that are known are suppressed with it.
    Doubts about the number are decided by it; ``by``: who says so.
    """
    cursor.execute(_HEARD, [attempt_id])
    if cursor.fetchone() is not None:
        return False
    cursor.execute(_CLOSE, {"number": number, "by": by[:150], "now": now})
    cursor.execute(_EVIDENCE, [attempt_id, number, words[:200], event_id, now])
    if not cursor.rowcount:
        return False
    reason = f"Attempt #{attempt_id}, {words}"
    suppress_person(cursor, attempt_id=attempt_id, number=number, reason=reason, until=None, now=now)
    add_entries(cursor, kind=FeedKind.OPT_OUT, attempt_ids=[attempt_id])
    log.info("opted out", attempt_id=attempt_id)
    return True


def suppress_person(
    cursor: Any, *, attempt_id: int, number: str, reason: str, until: datetime | None, now: datetime
) -> None:
    """Put the number of a call, and the person's other ones that are known, on the house's list as below."""
    suppress_opted_out(cursor, number=number, reason=reason, until=until, now=now)
    cursor.execute(_OTHERS_OF_PERSON, [attempt_id, number])
    for (other,) in cursor.fetchall():
        suppress_opted_out(cursor, number=other, reason=f"Said on another number. {reason}", until=until, now=now)


def suppress_opted_out(cursor: Any, *, number: str, reason: str, until: datetime | None, now: datetime) -> None:
    """Put a number on the house's list of those who opted out, until an instant (None: for ever); never for less."""
    cursor.execute("SELECT id FROM campaigns_suppressionlist WHERE name = %s AND applies_to_all", [OPTED_OUT])
    found = cursor.fetchone()
    if found is None:
        cursor.execute(_LIST, [OPTED_OUT, now])
        found = cursor.fetchone()
    cursor.execute(_SUPPRESS, {"list": found[0], "number": number, "reason": reason[:200], "until": until})
    on = Subject(of=SuppressionList._meta.label_lower, id=found[0], name=OPTED_OUT)
    details = {"numbers": [number], "until": until.isoformat() if until else None}
    record(act=SUPPRESS.name, what="Suppressed", subject=on, reason=reason, details=details, rows=1, now=now)


def record_doubt(
    cursor: Any,
    *,
    attempt_id: int,
    campaign_id: int,
    number: str,
    refusal: Refusal,
    event_id: int | None,
    now: datetime,
) -> None:
    """Hold a number until somebody decides on the words of its call; once for each sentence of a call.

    The first that a campaign has to decide on is told in a notice.
    """
    values = {
        "attempt": attempt_id,
        "campaign": campaign_id,
        "number": number,
        "heard_in": refusal.where[:60],
        "said": refusal.said[:300],
        "why": refusal.heard.why.name,
        "words": refusal.heard.words[:120],
        "event": event_id,
        "now": now,
    }
    cursor.execute(_DOUBT, values)
    made = cursor.fetchone()
    if made is None:
        return
    log.info("possible opt-out", attempt_id=attempt_id, campaign_id=campaign_id, possible_opt_out_id=made[0])
    cursor.execute(_OTHERS, [campaign_id, made[0]])
    if cursor.fetchone() is None:
        text = (
            f"Somebody may have refused calls: “{refusal.said[:200]}” ({refusal.heard.why}). Nobody calls the number "
            "until it is decided, here or in another campaign: see To decide."
        )
        notify(campaign_id=campaign_id, kind=NoticeKind.TO_DECIDE, text=text, attempt_ids=[attempt_id], now=now)
