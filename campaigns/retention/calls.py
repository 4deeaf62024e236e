"""Calls: when nobody needs one any more, and the one place where attempts are deleted.

Their leads stay, with how often they were called and how they ended: a contact without a lead would be called again.
What a campaign counts by its calls stays true: rows that are deleted stay counted (campaigns/models/counts.py).
"""

from __future__ import annotations

from dialer.retention.kinds import Kind, Part

#: A call is told of as it ends; its entry is this much younger at most, whenever the provider says that it ended.
TOLD_WITHIN_DAYS = 7

# Over is the call, its lead and every other lead of the person: caps, series of numbers and retries ask for earlier
# calls. What shows an opt-out or waits for a decision stays, and so does what the feed or a provider is still told of.
_MAY_GO = f"""
EXISTS (SELECT 1 FROM campaigns_lead l WHERE l.id = r.lead_id AND l.ended_at < %(before)s
           AND NOT EXISTS (SELECT 1 FROM campaigns_lead w
                            WHERE w.number IN (l.number, r.number) AND w.ended_at IS NULL OFFSET 0) OFFSET 0)
AND NOT EXISTS (SELECT 1 FROM campaigns_optout o WHERE o.attempt_id = r.id OFFSET 0)
AND NOT EXISTS (SELECT 1 FROM campaigns_possibleoptout p WHERE p.attempt_id = r.id OFFSET 0)
AND NOT EXISTS (SELECT 1 FROM campaigns_callnote n
                 WHERE n.attempt_id = r.id AND n.state IN ('WAITING', 'SENDING') OFFSET 0)
AND NOT EXISTS (SELECT 1 FROM campaigns_feedentry f
                 WHERE f.attempt_id = r.id AND f.kind IN ('RESULT_CHANGED', 'OPT_OUT') OFFSET 0)
AND r.ended_at < (SELECT f.created_at FROM campaigns_feedentry f ORDER BY f.id LIMIT 1)
                 - interval '{TOLD_WITHIN_DAYS} days'
"""  # noqa: S608


CALLS = Kind(
    name="calls",
    words="calls",
    table="campaigns_attempt",
    at="r.ended_at",
    may_go=_MAY_GO,
    parts=(
        Part(table="campaigns_callnote", column="attempt_id"),
        Part(table="campaigns_hostednumber", column="attempt_id"),
    ),
    freed_by=(Part(table="campaigns_callback", column="attempt_id"),),
    needs_archive=True,
    rank=4,
)
