"""Every write of a state: leads, attempts and the gate of an account.

Each function is one conditional statement whose row count is looked at: who was changed, we changed; who was not,
somebody else had changed before. Several rows are always locked in the order of their ids, so that two writers cannot
wait for each other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dialer.home.allowing import DIALING_ALLOWED
from dialer.providers.base import Outcome, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """An attempt to reserve."""

    reference: uuid.UUID
    lead_id: int
    campaign_id: int
    did_id: int | None
    agent_id: int | None
    number: str
    send_at: datetime
    deadline_at: datetime
    next_poll_at: datetime | None
    profile_id: int | None = None
    rules_version_id: int | None = None
    grounds: str | None = None


# PENDING → DIALING, with the attempt that does it. A lead or a number that has a live attempt already is left alone.
_RESERVE = """
WITH inserted AS (
    INSERT INTO campaigns_attempt (reference, lead_id, campaign_id, account_id, did_id, agent_id, number, state,
                                   reserved_at, send_at, deadline_at, next_poll_at, profile_id, rules_version_id,
                                   grounds)
    SELECT v.reference, v.lead_id, v.campaign_id, %(account)s, v.did_id, v.agent_id, v.number, 'RESERVED',
           %(now)s, v.send_at, v.deadline_at, v.next_poll_at, v.profile_id,
           v.rules_version_id, v.grounds::jsonb
      FROM unnest(%(references)s::uuid[], %(leads)s::bigint[], %(campaigns)s::bigint[], %(dids)s::bigint[],
                  %(agents)s::bigint[], %(numbers)s::text[], %(send)s::timestamptz[], %(deadline)s::timestamptz[],
                  %(poll)s::timestamptz[], %(profiles)s::bigint[], %(versions)s::bigint[], %(grounds)s::text[])
           AS v(reference, lead_id, campaign_id, did_id, agent_id, number, send_at, deadline_at, next_poll_at,
                profile_id, rules_version_id, grounds)
      ON CONFLICT DO NOTHING
    RETURNING id, lead_id
), claimed AS (
    UPDATE campaigns_lead l
       SET state = 'DIALING', last_attempt_at = %(now)s, state_reason = '', callback_at = NULL
      FROM inserted i WHERE l.id = i.lead_id AND l.state = 'PENDING'
    RETURNING l.id
)
SELECT i.lead_id, i.id FROM inserted i JOIN claimed c ON c.id = i.lead_id
"""


def reserve_attempts(cursor: Any, *, account_id: int, rows: Sequence[NewAttempt], now: datetime) -> dict[int, int]:
    """Insert attempts as RESERVED and move their leads to DIALING; return attempt ids by lead id."""
    cursor.execute(
        _RESERVE,
        {
            "account": account_id,
            "now": now,
            "references": [row.reference for row in rows],
            "leads": [row.lead_id for row in rows],
            "campaigns": [row.campaign_id for row in rows],
            "dids": [row.did_id for row in rows],
            "agents": [row.agent_id for row in rows],
            "numbers": [row.number for row in rows],
            "send": [row.send_at for row in rows],
            "deadline": [row.deadline_at for row in rows],
            "poll": [row.next_poll_at for row in rows],
            "profiles": [row.profile_id for row in rows],
            "versions": [row.rules_version_id for row in rows],
            "grounds": [row.grounds for row in rows],
        },
    )
    return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A lead that a rule keeps from being called now: until an instant, or for ever, with the state that this is."""

    lead_id: int
    state: str
    until: datetime | None
    reason: str
    rule: str = ""


def put_off(cursor: Any, *, leads: Sequence[PutOff], now: datetime) -> int:
    """Leave PENDING leads due at the instant at which they may be called; PENDING → EXPIRED, SUPPRESSED for never."""
    cursor.execute(
        """UPDATE campaigns_lead l
              SET state = v.state, state_reason = v.reason, next_attempt_at = COALESCE(v.until, l.next_attempt_at),
                  ended_at = CASE WHEN v.state = 'PENDING' THEN NULL ELSE %s::timestamptz END
             FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS v(id, state, until, reason)
            WHERE l.id = v.id AND l.state = 'PENDING'""",
        [
            now,
            [lead.lead_id for lead in leads],
            [lead.state for lead in leads],
            [lead.until for lead in leads],
            [lead.reason[:200] for lead in leads],
        ],
    )
    return int(cursor.rowcount)


def begin_placing(cursor: Any, *, account_id: int, attempt_ids: Sequence[int]) -> set[int]:
    """RESERVED → PLACING: from here on the request may leave. Only for campaigns that run, with dialing allowed.

    The share of the gate's lock makes pausing wait until this is committed, so that it sees what was let through.
    """
    cursor.execute("SELECT 1 FROM dialer_accountgate WHERE account_id = %s FOR SHARE", [account_id])
    cursor.execute(
        f"""UPDATE campaigns_attempt a SET state = 'PLACING', placing_at = clock_timestamp()
             WHERE a.id IN (SELECT r.id FROM campaigns_attempt r JOIN campaigns_campaign c ON c.id = r.campaign_id
                             WHERE r.id = ANY(%s) AND r.state = 'RESERVED' AND c.state = 'RUNNING'
                             ORDER BY r.id FOR NO KEY UPDATE OF r)
               AND {DIALING_ALLOWED}
            RETURNING a.id""",  # noqa: S608
        [list(attempt_ids)],
    )
    return {row[0] for row in cursor.fetchall()}


def mark_placed(cursor: Any, *, external_ids: dict[int, str | None], now: datetime) -> None:
    """PLACING → PLACED. A push may have come before: then only what it did not know is filled in."""
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET state = CASE WHEN a.state = 'PLACING' THEN 'PLACED' ELSE a.state END,
                  placed_at = COALESCE(a.placed_at, %s), external_id = COALESCE(a.external_id, left(v.external_id, 200))
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, external_id)
            WHERE a.id = v.id""",
        [now, list(external_ids), list(external_ids.values())],
    )


def mark_uncertain(cursor: Any, *, details: dict[int, str]) -> None:
    """PLACING → UNCERTAIN: it may have rung. The slot is kept; a push, a poll or the deadline ends it."""
    cursor.execute(
        """UPDATE campaigns_attempt a SET state = 'UNCERTAIN', detail = v.detail
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, detail)
            WHERE a.id = v.id AND a.state = 'PLACING'""",
        [list(details), [detail[:300] for detail in details.values()]],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnd:
    """How an attempt ends, and what becomes of its lead. ``next_attempt_at`` set: the lead waits for another try."""

    attempt_id: int
    outcome: Outcome
    is_burned: bool
    lead_state: str
    lead_reason: str = ""
    next_attempt_at: datetime | None = None
    lead_rank: int | None = None
    refusal: Refusal | None = None
    detail: str = ""
    ended_at: datetime
    source: str = ""
    # Whether a burned attempt counts against the campaign's maximum, and whether the next one leaves another DID.
    counts: bool = True
    other_did: bool = False
    # Whom the next one rings: another number of the contact, None for its own.
    other_number: str | None = None


def refused(end: AttemptEnd, *, refusal: Refusal, detail: str) -> AttemptEnd:
    """Return ``end`` with the provider's reason."""
    return replace(end, refusal=refusal, detail=detail)


# Any live state → ENDED, and DIALING → the lead's next state, together. Who ends the attempt, moves the lead.
# A callback that was asked for while the lead was on the line goes before what would follow else.
_END = """
WITH v AS (
    SELECT *, lead_state IN ('PENDING', 'COMPLETED', 'EXHAUSTED') AS may_wait
      FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(burned)s::bool[], %(states)s::text[],
                         %(reasons)s::text[], %(next)s::timestamptz[], %(ranks)s::int[], %(refusals)s::text[],
                         %(details)s::text[], %(ended)s::timestamptz[], %(sources)s::text[], %(counts)s::bool[],
                         %(other_did)s::bool[], %(other_numbers)s::text[])
        AS v(id, outcome, is_burned, lead_state, lead_reason, next_attempt_at, lead_rank, refusal, detail, ended_at,
             source, counts, other_did, other_number)
), ended AS (
    UPDATE campaigns_attempt a
       SET state = 'ENDED', outcome = v.outcome, is_burned = v.is_burned, ended_at = v.ended_at,
           refusal = v.refusal, detail = CASE WHEN v.detail = '' THEN a.detail ELSE v.detail END, next_poll_at = NULL,
           outcome_source = v.source
      FROM v WHERE a.id = v.id AND a.ended_at IS NULL
    RETURNING a.id, a.lead_id, a.did_id
), moved AS (
    UPDATE campaigns_lead l
       SET state = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN 'PENDING' ELSE v.lead_state END,
           state_reason = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.state_reason ELSE v.lead_reason END,
           last_outcome = v.outcome,
           attempts_made = l.attempts_made + (v.is_burned AND v.counts)::int,
           avoid_did_id = CASE WHEN v.other_did THEN e.did_id WHEN v.is_burned THEN NULL ELSE l.avoid_did_id END,
           other_number = CASE WHEN v.is_burned THEN v.other_number ELSE l.other_number END,
           next_attempt_at = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.callback_at
                                  ELSE COALESCE(v.next_attempt_at, l.next_attempt_at) END,
           rank = CASE WHEN v.may_wait AND l.callback_at IS NOT NULL THEN l.rank %% 10
                       ELSE COALESCE(v.lead_rank, l.rank) END,
           turned_away = CASE WHEN v.is_burned THEN 0 ELSE LEAST(l.turned_away + 1, 1000) END,
           ended_at = CASE WHEN v.lead_state = 'PENDING' OR (v.may_wait AND l.callback_at IS NOT NULL) THEN NULL
                           ELSE v.ended_at END
      FROM ended e JOIN v ON v.id = e.id
     WHERE l.id = e.lead_id AND l.state = 'DIALING'
), told AS (
    -- What counts as a try is a result, and goes to the feed with it.
    INSERT INTO campaigns_feedentry (kind, attempt_id)
    SELECT 'RESULT', e.id FROM ended e JOIN v ON v.id = e.id WHERE v.is_burned ORDER BY e.id
)
SELECT id FROM ended
"""


def end_attempts(cursor: Any, *, ends: Sequence[AttemptEnd]) -> set[int]:
    """Any live state → ENDED, with the lead; return the ids that this ended. Lock them in id order before."""
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
        },
    )
    return {row[0] for row in cursor.fetchall()}


def advance(cursor: Any, *, states: Mapping[int, str], now: datetime) -> None:
    """A live state → a later live state, by attempt id; the caller has locked the rows and compared the order."""
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET state = v.state, answered_at = CASE WHEN v.state = 'ANSWERED' THEN COALESCE(a.answered_at, %s)
                                                      ELSE a.answered_at END
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, state)
            WHERE a.id = v.id AND a.ended_at IS NULL""",
        [now, list(states), list(states.values())],
    )


# An end that we had only concluded gives way to the provider's word. The lead follows unless it is being dialed again
# or has ended by a later attempt; attempts_made was counted when the attempt ended first.
_CORRECT = """
WITH v AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(outcomes)s::text[], %(states)s::text[], %(reasons)s::text[],
                         %(next)s::timestamptz[], %(ended)s::timestamptz[], %(sources)s::text[])
        AS v(id, outcome, lead_state, lead_reason, next_attempt_at, ended_at, source)
), corrected AS (
    UPDATE campaigns_attempt a SET outcome = v.outcome, outcome_source = v.source FROM v
     WHERE a.id = v.id AND a.state = 'ENDED' AND a.outcome IN ('LOST', 'UNCERTAIN')
    RETURNING a.id, a.lead_id
)
UPDATE campaigns_lead l
   SET last_outcome = v.outcome,
       state = CASE WHEN v.lead_state = 'COMPLETED' THEN 'COMPLETED' ELSE l.state END,
       state_reason = CASE WHEN v.lead_state = 'COMPLETED' THEN '' ELSE l.state_reason END,
       ended_at = CASE WHEN v.lead_state = 'COMPLETED' THEN v.ended_at ELSE l.ended_at END
  FROM corrected c JOIN v ON v.id = c.id
 WHERE l.id = c.lead_id AND l.state IN ('PENDING', 'EXHAUSTED', 'CANCELED', 'EXPIRED')
   AND l.callback_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM campaigns_attempt o WHERE o.lead_id = l.id AND o.id > c.id)
"""


def correct_ends(cursor: Any, *, ends: Sequence[AttemptEnd]) -> None:
    """LOST or UNCERTAIN → what the provider says after all."""
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


def note_disagreements(cursor: Any, *, texts: Mapping[int, str]) -> None:
    """Write beside an end what another source says otherwise; no state changes."""
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET disagreement = left(concat_ws('; ', NULLIF(a.disagreement, ''), v.said), 300)
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, said)
            WHERE a.id = v.id AND position(v.said IN a.disagreement) = 0""",
        [list(texts), list(texts.values())],
    )
