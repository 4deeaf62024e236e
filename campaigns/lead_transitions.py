"""Writes of a lead's state that people, systems and results ask for; those of claiming and settling are transitions'.

Each is one conditional statement whose row count is looked at. Leads are locked before campaigns, here and everywhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaigns.ordering import Lane, rank

# A lead on the line keeps its state: what ends its attempt puts it into the queue for the callback.
_CALL_BACK = """
UPDATE campaigns_lead
   SET callback_at = %(due)s,
       state = CASE WHEN state = 'DIALING' THEN state ELSE 'PENDING' END,
       state_reason = CASE WHEN state = 'DIALING' THEN state_reason ELSE %(reason)s END,
       next_attempt_at = CASE WHEN state = 'DIALING' THEN next_attempt_at ELSE %(due)s END,
       rank = CASE WHEN state = 'DIALING' THEN rank ELSE rank %% 10 END,
       ended_at = CASE WHEN state = 'DIALING' THEN ended_at ELSE NULL END
 WHERE id = %(lead)s AND state IN ('PENDING', 'DIALING', 'COMPLETED', 'EXHAUSTED')
"""
assert rank(lane=Lane.CALLBACK, priority=0) == 0  # so that the rank of a callback is the priority, rank % 10


def call_back(cursor: Any, *, lead_id: int, due_at: datetime, reason: str) -> bool:
    """PENDING, COMPLETED, EXHAUSTED → PENDING as a callback; a DIALING lead becomes one when its call ends."""
    cursor.execute(_CALL_BACK, {"lead": lead_id, "due": due_at, "reason": reason[:200]})
    return bool(cursor.rowcount)


def reopen_campaign(cursor: Any, *, campaign_id: int, reason: str, now: datetime) -> str:
    """COMPLETED → RUNNING, as somebody waits to be called again; return the state that the campaign has then."""
    cursor.execute("SELECT state FROM campaigns_campaign WHERE id = %s FOR NO KEY UPDATE", [campaign_id])
    state = str(cursor.fetchone()[0])
    if state != "COMPLETED":
        return state
    cursor.execute(
        """UPDATE campaigns_campaign SET state = 'RUNNING', state_reason = %s, state_changed_at = %s
            WHERE id = %s AND state = 'COMPLETED'""",
        [reason[:300], now, campaign_id],
    )
    return "RUNNING"


def set_priority(cursor: Any, *, lead_id: int, priority: int) -> bool:
    """Move a waiting or dialing lead within its lane. Raises ValueError unless ``priority`` is from 0 to 9."""
    cursor.execute(
        """UPDATE campaigns_lead SET rank = rank / 10 * 10 + %s
            WHERE id = %s AND state IN ('PENDING', 'DIALING')""",
        [rank(lane=Lane.CALLBACK, priority=priority), lead_id],
    )
    return bool(cursor.rowcount)


def cancel(cursor: Any, *, lead_id: int, reason: str, now: datetime) -> bool:
    """PENDING → CANCELED."""
    cursor.execute(
        """UPDATE campaigns_lead SET state = 'CANCELED', state_reason = %s, ended_at = %s, callback_at = NULL
            WHERE id = %s AND state = 'PENDING'""",
        [reason[:200], now, lead_id],
    )
    return bool(cursor.rowcount)


def callback_reason(by: str, note: str) -> str:
    """Return why a lead waits, for its page."""
    return f"Callback set by {by}" + (f": {note}" if note else "")
