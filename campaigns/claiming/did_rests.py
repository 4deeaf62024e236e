"""DIDs whose latest calls too few people answered: they rest, so that nobody takes them for spam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.claiming.did_calls import within_a_turn
from campaigns.claiming.did_rows import DIDs

#: Before all instants.
EARLIEST = datetime.min.replace(tzinfo=UTC)

# Of the latest calls since its last rest: how many there are, and how many somebody answered.
_ANSWERED = """
SELECT d.id, count(x.*), count(*) FILTER (WHERE x.outcome = 'ANSWERED')
  FROM dialer_did d
 CROSS JOIN LATERAL (
       SELECT a.outcome FROM campaigns_attempt a
        WHERE a.did_id = d.id AND a.ended_at IS NOT NULL AND a.is_burned
          AND a.reserved_at > COALESCE(d.resting_until, '-infinity')
        ORDER BY a.reserved_at DESC LIMIT d.rest_after_calls) x
 WHERE d.id = ANY(%s) GROUP BY d.id
"""


def rest_poor(cursor: Any, *, dids: DIDs, now: datetime, keep: bool = True) -> None:
    """Let DIDs rest whose latest calls were answered too seldom. No query where no DID is to be looked at.

    A DID is looked at once a second at most, and in one turn so many that their calls stay few, the longest waiting
    first. Without ``keep`` nothing is written: for those who only look.
    """
    looks = within_a_turn(
        (trial.looked_at or EARLIEST, pk, trial.calls) for pk, trial in dids.on_trial.items() if trial.is_due(now=now)
    )
    if not looks:
        return
    cursor.execute(_ANSWERED, [looks])
    slots = {slot.id: slot for slots in dids.by_campaign.values() for slot in slots}
    for did_id, calls, answered in cursor.fetchall():
        trial = dids.on_trial[did_id]
        if calls >= trial.calls and answered * 100 < trial.percent * calls:
            until = now + timedelta(minutes=trial.minutes)
            if keep:
                cursor.execute("UPDATE dialer_did SET resting_until = %s WHERE id = %s", [until, did_id])
            slots[did_id].hold(until=until, reason="rests after too few answers")
    if keep:
        cursor.execute("UPDATE campaigns_didcalls SET answers_at = %s WHERE did_id = ANY(%s)", [now, looks])
