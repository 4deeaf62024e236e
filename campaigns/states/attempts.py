"""Every write of an attempt's state on its way to its end, which is in ``states.ends``.

Each function is one conditional statement that says what it changed: who was changed, we changed; who was not, somebody
else had changed before. Several rows are locked in the order of their ids, here or by the caller.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from campaigns.rules.absence import Call
from campaigns.states.facts import SEEN
from dialer.home.allowing import DIALING_ALLOWED


class NewAttempt(NamedTuple):
    """An attempt to reserve: its columns, in the order of the statement's.

    ``reference`` begins with the time (``uuid7``, RFC 9562), so that those of one hour are neighbours in their index. A
    random one is written to a page of its own, which after each checkpoint goes to the log whole: 8 kB for each call.
    """

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
    may_be_absent: bool = False
    holds_until_told: bool = False
    # By what calls are counted: see campaigns.models.counts.
    template_id: int | None = None
    contact_list_id: int | None = None
    nth: int | None = None
    week_hour: int | None = None
    called_on: date | None = None


# PENDING → DIALING, with the attempt that does it. A lead or a number that has a live attempt already is left alone.
# The lead is found by its id, not by an index of those that wait: see ``states.ends``.
_RESERVE = """
WITH inserted AS (
    INSERT INTO campaigns_attempt (reference, lead_id, campaign_id, account_id, did_id, agent_id, number, state,
                                   placing_at, reserved_at, send_at, deadline_at, next_poll_at, profile_id,
                                   rules_version_id, grounds, may_be_absent, holds_until_told, template_id,
                                   contact_list_id, nth, week_hour, called_on, is_rehearsal)
    SELECT v.reference, v.lead_id, v.campaign_id, %(account)s, v.did_id, v.agent_id, v.number,
           CASE WHEN %(placing)s THEN 'PLACING' ELSE 'RESERVED' END, CASE WHEN %(placing)s THEN clock_timestamp() END,
           %(now)s, v.send_at, v.deadline_at, v.next_poll_at, v.profile_id,
           v.rules_version_id, v.grounds::jsonb, v.may_be_absent, v.holds_until_told, v.template_id,
           v.contact_list_id, v.nth, v.week_hour, v.called_on,
           (SELECT p.is_sandbox FROM dialer_provideraccount p WHERE p.id = %(account)s)
      FROM unnest(%(reference)s::uuid[], %(lead_id)s::bigint[], %(campaign_id)s::bigint[], %(did_id)s::bigint[],
                  %(agent_id)s::bigint[], %(number)s::text[], %(send_at)s::timestamptz[],
                  %(deadline_at)s::timestamptz[], %(next_poll_at)s::timestamptz[], %(profile_id)s::bigint[],
                  %(rules_version_id)s::bigint[], %(grounds)s::text[], %(may_be_absent)s::bool[],
                  %(holds_until_told)s::bool[], %(template_id)s::bigint[], %(contact_list_id)s::bigint[],
                  %(nth)s::smallint[], %(week_hour)s::smallint[], %(called_on)s::date[])
           AS v(reference, lead_id, campaign_id, did_id, agent_id, number, send_at, deadline_at, next_poll_at,
                profile_id, rules_version_id, grounds, may_be_absent, holds_until_told, template_id,
                contact_list_id, nth, week_hour, called_on)
      ON CONFLICT DO NOTHING
    RETURNING id, lead_id
), claimed AS (
    UPDATE campaigns_lead l
       SET state = 'DIALING', last_attempt_at = %(now)s, state_reason = '', callback_at = NULL
      FROM inserted i WHERE l.id = i.lead_id AND l.state || '' = 'PENDING'
    RETURNING l.id
)
SELECT i.lead_id, i.id FROM inserted i JOIN claimed c ON c.id = i.lead_id
"""


def reserve_attempts(
    cursor: Any, *, account_id: int, rows: Sequence[NewAttempt], now: datetime, placing: bool = False
) -> dict[int, int]:
    """Insert attempts as RESERVED and move their leads to DIALING; return attempt ids by lead id.

    ``placing``: as PLACING, for requests that leave as soon as this is committed. For who holds the gate's lock and has
    read under it that the campaigns run and dialing is allowed: a pause waits for the commit, and sees them.
    """
    if not rows:
        return {}
    columns = {name: list(values) for name, values in zip(NewAttempt._fields, zip(*rows, strict=True), strict=True)}
    cursor.execute(_RESERVE, {"account": account_id, "placing": placing, "now": now, **columns})
    return dict(cursor.fetchall())


def begin_placing(cursor: Any, *, account_id: int, attempt_ids: Sequence[int]) -> set[int]:
    """RESERVED → PLACING: from here on the request may leave. Only for campaigns that run, with dialing allowed.

    The share of the gate's lock makes pausing wait until this is committed, so that it sees what was let through.
    """
    cursor.execute("SELECT 1 FROM dialer_accountgate WHERE account_id = %s FOR SHARE", [account_id])
    cursor.execute(
        f"""UPDATE campaigns_attempt a SET state = 'PLACING', placing_at = clock_timestamp()
             WHERE a.id IN (SELECT r.id FROM campaigns_attempt r JOIN campaigns_campaign c ON c.id = r.campaign_id
                             WHERE r.id = ANY(%s) AND r.state || '' = 'RESERVED' AND c.state = 'RUNNING'
                             ORDER BY r.id FOR NO KEY UPDATE OF r)
               AND {DIALING_ALLOWED}
            RETURNING a.id""",  # noqa: S608
        [list(attempt_ids)],
    )
    return {row[0] for row in cursor.fetchall()}


def mark_placed(cursor: Any, *, external_ids: Mapping[int, str | None], now: datetime | None = None) -> int:
    """PLACING → PLACED; return how many are known. A push may have come before: then what it did not know is added.

    They are locked here, in the order of their ids. ``now`` None: by PostgreSQL's clock, as ``placing_at`` is. What a
    fleet must have counted is told by it.
    """
    cursor.execute(
        """WITH v AS MATERIALIZED (
                SELECT l.id, u.external_id FROM unnest(%s::bigint[], %s::text[]) AS u(id, external_id)
                  JOIN campaigns_attempt l ON l.id = u.id ORDER BY l.id FOR NO KEY UPDATE OF l
            )
            UPDATE campaigns_attempt a
              SET state = CASE WHEN a.state = 'PLACING' THEN 'PLACED' ELSE a.state END,
                  placed_at = COALESCE(a.placed_at, %s, clock_timestamp()),
                  external_id = COALESCE(a.external_id, left(v.external_id, 200))
             FROM v WHERE a.id = v.id""",
        [list(external_ids), list(external_ids.values()), now],
    )
    return int(cursor.rowcount)


def mark_uncertain(cursor: Any, *, details: Mapping[int, str]) -> int:
    """PLACING → UNCERTAIN: it may have rung; return how many. The slot is kept until a push, a poll or the deadline."""
    cursor.execute(
        """UPDATE campaigns_attempt a SET state = 'UNCERTAIN', detail = v.detail
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, detail)
            WHERE a.id = v.id AND a.state || '' = 'PLACING'""",
        [list(details), [detail[:300] for detail in details.values()]],
    )
    return int(cursor.rowcount)


def mark_unanswered(cursor: Any, *, margin_seconds: float, now: datetime) -> int:
    """PLACING → UNCERTAIN where no process waits for the reply any more: it may have rung. Return how many.

    ``margin_seconds``: so much longer than its account's reply time-out a request has been on its way.
    """
    cursor.execute(
        """UPDATE campaigns_attempt SET state = 'UNCERTAIN', detail = 'No process waits for the reply any more'
            WHERE id IN (SELECT a.id FROM campaigns_attempt a
                           JOIN dialer_provideraccount p ON p.id = a.account_id
                          WHERE a.state = 'PLACING' AND a.ended_at IS NULL
                            AND a.placing_at < %s - make_interval(secs => p.reply_timeout_seconds + %s)
                          ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED)""",
        [now, margin_seconds],
    )
    return int(cursor.rowcount)


def advance(cursor: Any, *, states: Mapping[int, str], now: datetime) -> int:
    """A live state → a later live one, by attempt id; return how many. The caller has locked them and compared."""
    cursor.execute(
        f"""UPDATE campaigns_attempt a
              SET state = v.state,
                  answered_at = CASE WHEN v.state = 'ANSWERED' THEN COALESCE(a.answered_at, %s) ELSE a.answered_at END,
                  end_facts = CASE WHEN v.state = 'ANSWERED' AND a.answered_at IS NULL THEN a.end_facts | {SEEN}
                                   ELSE a.end_facts END
             FROM unnest(%s::bigint[], %s::text[]) AS v(id, state)
            WHERE a.id = v.id AND COALESCE(a.ended_at, 'infinity') = 'infinity'""",  # noqa: S608
        [now, list(states), list(states.values())],
    )
    return int(cursor.rowcount)


def note_absence(cursor: Any, *, calls: Mapping[int, Call]) -> int:
    """Write down, by attempt id, what a reading of the log says of calls without a result; return how many still are.

    No state changes. See ``campaigns.rules.absence``.
    """
    cursor.execute(
        """UPDATE campaigns_attempt a
              SET may_be_absent = v.may_be_absent, absent_once_at = v.first_at, absent_at = v.absent_at
             FROM unnest(%s::bigint[], %s::bool[], %s::timestamptz[], %s::timestamptz[])
                  AS v(id, may_be_absent, first_at, absent_at)
            WHERE a.id = v.id AND a.state || '' IN ('UNCERTAIN', 'PLACED')""",
        [
            list(calls),
            [call.may_be_absent for call in calls.values()],
            [call.first_at for call in calls.values()],
            [call.absent_at for call in calls.values()],
        ],
    )
    return int(cursor.rowcount)


def rule_out_absence(cursor: Any, *, attempt_ids: Sequence[int]) -> int:
    """Write down that something was heard of these calls: they are not absent, whatever the log shows.

    No state changes. The caller has locked them.
    """
    cursor.execute("UPDATE campaigns_attempt SET may_be_absent = false WHERE id = ANY(%s)", [list(attempt_ids)])
    return int(cursor.rowcount)
