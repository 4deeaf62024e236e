"""Ends of attempts, each with what becomes of its lead: every statement is conditional and says what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.states import facts as fact_columns
from campaigns.states.facts import Said
from campaigns.states.traced import tell_ended
from dialer.providers.base import Outcome, Refusal


class AttemptEnd(NamedTuple):
    """How an attempt ends, and what becomes of its lead. ``next_attempt_at`` set: the lead waits for another try."""

    attempt_id: int
    outcome: Outcome
    is_burned: bool
    lead_state: str
    ended_at: datetime
    lead_reason: str = ""
    next_attempt_at: datetime | None = None
    lead_rank: int | None = None
    refusal: Refusal | None = None
    detail: str = ""
    source: str = ""
    # Whether a burned attempt counts against the campaign's maximum, and whether the next one leaves another DID.
    counts: bool = True
    other_did: bool = False
    # Whom the next one rings: another number of the contact, None for its own.
    other_number: str | None = None


def refused(end: AttemptEnd, *, refusal: Refusal, detail: str) -> AttemptEnd:
    """Return ``end`` with the provider's reason."""
    return end._replace(refusal=refusal, detail=detail)


# Any live state → ENDED, and DIALING → the lead's next state, together. Who ends the attempt, moves the lead.
# A callback that was asked for while the lead was on the line goes before what would follow else.
# What was told of it is written with its end: a row that is written twice costs twice.
# Rows are found by their ids: what they must be besides is said so that no index of live rows fits. Such an index is
# walked whole where PostgreSQL takes few rows for live, with all that ended since its last vacuum.
_END = f"""
WITH v AS (
    SELECT *, lead_state IN ('PENDING', 'COMPLETED', 'EXHAUSTED') AS may_wait
      FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(burned)s::bool[], %(states)s::text[],
                         %(reasons)s::text[], %(next)s::timestamptz[], %(ranks)s::int[], %(refusals)s::text[],
                         %(details)s::text[], %(ended)s::timestamptz[], %(sources)s::text[], %(counts)s::bool[],
                         %(other_did)s::bool[], %(other_numbers)s::text[], {fact_columns.UNNEST})
        AS v(id, outcome, is_burned, lead_state, lead_reason, next_attempt_at, lead_rank, refusal, detail, ended_at,
             source, counts, other_did, other_number, {", ".join(fact_columns.COLUMNS)})
), ended AS (
    UPDATE campaigns_attempt a
       SET state = 'ENDED', outcome = v.outcome, is_burned = v.is_burned, ended_at = v.ended_at,
           refusal = v.refusal, detail = CASE WHEN v.detail = '' THEN a.detail ELSE v.detail END, next_poll_at = NULL,
           outcome_source = v.source,
           {fact_columns.SET}
      FROM v WHERE a.id = v.id AND COALESCE(a.ended_at, 'infinity') = 'infinity'
    RETURNING a.lead_id, a.did_id, v.*
), moved AS (
    UPDATE campaigns_lead l
       SET state = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN 'PENDING' ELSE v.lead_state END,
           state_reason = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.state_reason ELSE v.lead_reason END,
           -- A campaign that is over calls nobody back. A callback that rang nobody waits on as one: its lane says so.
           callback_at = CASE WHEN NOT v.may_wait THEN NULL
                              WHEN l.callback_at IS NOT NULL OR v.is_burned OR l.rank >= 10 THEN l.callback_at
                              ELSE COALESCE((SELECT c.due_at FROM campaigns_callback c
                                              WHERE c.lead_id = l.id AND c.called_off_at IS NULL
                                              ORDER BY c.id DESC LIMIT 1), v.next_attempt_at) END,
           -- That a call may have rung is not forgotten for a later one that certainly did not.
           last_outcome = CASE WHEN v.is_burned OR l.last_outcome NOT IN ('UNCERTAIN', 'LOST') THEN v.outcome
                               ELSE l.last_outcome END,
           attempts_made = l.attempts_made + (v.is_burned AND v.counts)::int,
           avoid_did_id = CASE WHEN v.other_did THEN v.did_id WHEN v.is_burned THEN NULL ELSE l.avoid_did_id END,
           other_number = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.other_number
                               WHEN v.is_burned THEN v.other_number ELSE l.other_number END,
           next_attempt_at = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.callback_at
                                  ELSE COALESCE(v.next_attempt_at, l.next_attempt_at) END,
           rank = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.rank %% 10
                       ELSE COALESCE(v.lead_rank, l.rank) END,
           turned_away = CASE WHEN v.is_burned THEN 0 ELSE LEAST(l.turned_away + 1, 1000) END,
           ended_at = CASE WHEN v.lead_state = 'PENDING' OR (v.may_wait AND l.callback_at IS NOT NULL) THEN NULL
                           ELSE v.ended_at END
      FROM ended v WHERE l.id = v.lead_id AND l.state || '' = 'DIALING'
    RETURNING l.id, l.state, v.is_burned
), told AS (
    -- What counts as a try is a result, and goes to the feed with it.
    INSERT INTO campaigns_feedentry (kind, attempt_id)
    SELECT 'RESULT', id FROM ended WHERE is_burned ORDER BY id
), told_of_leads AS (
    -- A lead that ends with what was no try has no result that could tell of its end.
    INSERT INTO campaigns_feedentry (kind, lead_id)
    SELECT 'LEAD_ENDED', id FROM moved WHERE state <> 'PENDING' AND NOT is_burned ORDER BY id
)
SELECT id FROM ended
"""  # noqa: S608


def end_attempts(cursor: Any, *, ends: Sequence[AttemptEnd], facts: Mapping[int, Said] | None = None) -> set[int]:
    """Any live state → ENDED, with the lead; return the ids that this ended. Lock them in id order before.

    ``facts``: what is told of these attempts besides, by their ids.
    """
    told = facts or {}
    cursor.execute(
        _END,
        {
            "ids": [end.attempt_id for end in ends],
            "outcomes": [end.outcome.value for end in ends],
            "burned": [end.is_burned for end in ends],
            "states": [end.lead_state for end in ends],
            "reasons": [end.lead_reason[:200] for end in ends],
            "next": [end.next_attempt_at for end in ends],
            "ranks": [end.lead_rank for end in ends],
            "refusals": [end.refusal.value if end.refusal else None for end in ends],
            "details": [end.detail[:300] for end in ends],
            "ended": [end.ended_at for end in ends],
            "sources": [end.source for end in ends],
            "counts": [end.counts for end in ends],
            "other_did": [end.other_did for end in ends],
            "other_numbers": [end.other_number for end in ends],
            **fact_columns.values([told.get(end.attempt_id) for end in ends]),
        },
    )
    ended = {row[0] for row in cursor.fetchall()}
    tell_ended(cursor, attempt_ids=ended)
    return ended


# An end that we had only concluded gives way to the provider's word. The lead follows unless it is being dialed again
# or has ended by a later attempt; attempts_made was counted when the attempt ended first.
_CORRECT = """
WITH v AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(states)s::text[], %(reasons)s::text[],
                         %(next)s::timestamptz[], %(ended)s::timestamptz[], %(sources)s::text[])
        AS v(id, outcome, lead_state, lead_reason, next_attempt_at, ended_at, source)
), corrected AS (
    UPDATE campaigns_attempt a SET outcome = v.outcome, outcome_source = v.source FROM v
     WHERE a.id = v.id AND a.state || '' = 'ENDED'
       AND (a.outcome IN ('LOST', 'UNCERTAIN') OR (a.absent_at IS NOT NULL AND a.outcome_source = ''))
    RETURNING a.id, a.lead_id
)
UPDATE campaigns_lead l
   SET last_outcome = v.outcome,
       state = CASE WHEN v.lead_state = 'COMPLETED' THEN 'COMPLETED' ELSE l.state END,
       state_reason = CASE WHEN v.lead_state = 'COMPLETED' THEN '' ELSE l.state_reason END,
       ended_at = CASE WHEN v.lead_state = 'COMPLETED' THEN v.ended_at ELSE l.ended_at END
  FROM corrected c JOIN v ON v.id = c.id
 WHERE l.id = c.lead_id AND l.state || '' IN ('PENDING', 'EXHAUSTED', 'CANCELED', 'EXPIRED')
   AND l.callback_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM campaigns_attempt o WHERE o.lead_id = l.id AND o.id > c.id)
"""


def correct_ends(cursor: Any, *, ends: Sequence[AttemptEnd]) -> int:
    """LOST, UNCERTAIN, or taken as no call → what the provider says after all; return how many leads follow."""
    cursor.execute(
        _CORRECT,
        {
            "ids": [end.attempt_id for end in ends],
            "outcomes": [end.outcome.value for end in ends],
            "states": [end.lead_state for end in ends],
            "reasons": [end.lead_reason for end in ends],
            "next": [end.next_attempt_at for end in ends],
            "ended": [end.ended_at for end in ends],
            "sources": [end.source for end in ends],
        },
    )
    return int(cursor.rowcount)
