"""An attempt under its lock, and how it ends: what becomes of its lead, decided on what the locked row says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from campaigns.rules.absence import in_words
from campaigns.rules.campaign import COLUMNS, JOIN
from campaigns.rules.retry import rule_for
from campaigns.rules.ruleset import CampaignRules, rules_of_row
from campaigns.settling import outcomes
from campaigns.settling.history import Called, Person, read_people
from campaigns.states.ends import AttemptEnd, end_attempts
from campaigns.states.locks import lock_attempts
from dialer.providers.base import Outcome

#: Ends that we concluded ourselves because nothing was heard; a late word of the provider corrects them.
CONCLUDED = frozenset({Outcome.LOST, Outcome.UNCERTAIN})


class Listens(NamedTuple):
    """What a campaign hears in results: words of opt-outs and of callbacks, and refusals in sentences."""

    opt_out_words: Sequence[str]
    callback_words: Sequence[str]
    callback_after_seconds: int
    hears_refusals: bool


class Locked(NamedTuple):
    """An attempt under its lock, with what its campaign says of retries, and what it listens for.

    A tuple, as one is made for each call that ends: a frozen dataclass of so many fields takes ten times as long.
    """

    # In the order of _READ.
    id: int
    state: str
    outcome: str | None
    account_id: int
    campaign_id: int
    lead_id: int
    lead_rank: int
    attempts_made: int
    turned_away: int
    dialed_at: datetime
    disposition: str
    number: str
    outcome_source: str
    end_facts: int
    agent_id: int | None
    absent_at: datetime | None
    may_be_absent: bool
    is_rehearsal: bool
    # Lines of its account were given away by readings of the fleet: ends are held against them.
    proves_fleet: bool
    # Then what is made of the rest of the row.
    listens: Listens
    rules: CampaignRules
    person: Person

    @property
    def absence(self) -> str:
        """What the account's log showed by not having this call, in words; empty where it is not known to be none."""
        return in_words(first_at=None, absent_at=self.absent_at) if self.may_be_absent else ""

    @property
    def is_concluded(self) -> bool:
        """Whether its end is our own conclusion, as nothing was heard: a late word of the provider corrects it."""
        return self.outcome in CONCLUDED or (bool(self.absence) and not self.outcome_source)

    @property
    def counted(self) -> bool:
        """Whether it counts against the campaign's maximum, by the cell that bears on its end as it is known."""
        _, cell = rule_for(
            matrix=self.rules.matrix,
            outcome=Outcome(self.outcome or ""),
            disposition=self.disposition,
            absent=bool(self.absence),
        )
        return cell is None or cell.counts

    def ended(self, *, outcome: Outcome, disposition: str) -> outcomes.Ended:
        """Return this attempt as one that rang and ended so, with what its lead's next one depends on."""
        return outcomes.Ended(
            outcome=outcome,
            disposition=disposition,
            attempts_before=self.attempts_made,
            rank=self.lead_rank,
            dialed_at=self.dialed_at,
            lead=self.person.facts,
            before=self.person.before,
            calls=self.person.calls,
            numbers=self.person.numbers,
            absence=self.absence,
        )


# With LIMIT 1 each lead is looked up; else PostgreSQL may walk all leads beside, up to those that are asked for.
_READ = f"""
SELECT a.id, a.state, a.outcome, a.account_id, a.campaign_id, a.lead_id, l.rank, l.attempts_made, l.turned_away,
       COALESCE(a.placing_at, a.reserved_at), a.disposition, a.number, a.outcome_source, a.end_facts,
       a.agent_id, a.absent_at, a.may_be_absent, a.is_rehearsal,
       EXISTS (SELECT FROM campaigns_fleetbounduse u WHERE u.account_id = a.account_id),
       c.opt_out_words::text, c.callback_words::text, c.callback_after_seconds, c.hear_refusals, {COLUMNS}
  FROM campaigns_attempt a
 CROSS JOIN LATERAL (SELECT * FROM campaigns_lead WHERE id = a.lead_id LIMIT 1) l
  JOIN campaigns_campaign c ON c.id = a.campaign_id {JOIN}
 WHERE a.id = ANY(%s)
"""  # noqa: S608
#: Where in a row the columns of ``Listens`` begin, and those of the rules; where lead and number are.
_LISTENS = Locked._fields.index("listens")
_RULES = _LISTENS + len(Listens._fields)
_LEAD, _NUMBER = Locked._fields.index("lead_id"), Locked._fields.index("number")


def lock(
    cursor: Any, *, attempt_ids: Sequence[int], now: datetime, to_read: Collection[int] | None = None
) -> dict[int, Locked]:
    """Lock attempts and their leads, then read them in the next statement, which sees what others had written.

    ``to_read``: of these ids alone the caller wants to know more, and may write their leads; all attempts are locked.
    """
    lock_attempts(cursor, attempt_ids=attempt_ids, leads_of=to_read)
    ids = sorted(set(attempt_ids if to_read is None else to_read))
    if not ids:
        return {}
    cursor.execute(_READ, [ids])
    rows = cursor.fetchall()
    rules = [rules_of_row(row[_RULES:]) for row in rows]
    called = [Called(row[0], row[_LEAD], row[_NUMBER], its) for row, its in zip(rows, rules, strict=True)]
    people = read_people(cursor, called=called, now=now)
    return {
        row[0]: Locked._make((*row[:_LISTENS], _listens(*row[_LISTENS:_RULES]), its, people[row[0]]))
        for row, its in zip(rows, rules, strict=True)
    }


@lru_cache(maxsize=512)
def _listens(opt_out_words: str, callback_words: str, callback_after_seconds: int, hears_refusals: bool) -> Listens:
    return Listens(orjson.loads(opt_out_words), orjson.loads(callback_words), callback_after_seconds, hears_refusals)


def call_end(
    *,
    attempt: Locked,
    outcome: Outcome,
    now: datetime,
    ended_at: datetime | None = None,
    disposition: str = "",
    source: str = "",
    detail: str = "",
) -> AttemptEnd:
    """Return the end of an attempt that rang, and what becomes of its lead.

    ``disposition``: one that is said now and counts before the one that is known; ``source``: what told the outcome;
    ``detail``: in place of what is known of it.
    """
    end = attempt.ended(outcome=outcome, disposition=disposition or attempt.disposition)
    following = outcomes.after_call(end=end, rules=attempt.rules, now=now)
    return AttemptEnd(
        attempt_id=attempt.id,
        outcome=outcome,
        is_burned=True,
        lead_state=following.state,
        lead_reason=following.reason,
        next_attempt_at=following.next_attempt_at,
        lead_rank=following.rank,
        counts=following.counts,
        other_did=following.other_did,
        other_number=following.number,
        ended_at=ended_at or now,
        source=source,
        detail=detail,
    )


def returned(
    *, attempt: Locked, outcome: Outcome, now: datetime, after_seconds: float, detail: str, refusal: Any = None
) -> AttemptEnd:
    """Return the end of an attempt that rang nobody: nothing is burned and the lead waits again."""
    following = outcomes.after_nothing(rules=attempt.rules, due_at=now + timedelta(seconds=after_seconds))
    return AttemptEnd(
        attempt_id=attempt.id,
        outcome=outcome,
        is_burned=False,
        lead_state=following.state,
        lead_reason=following.reason or detail,
        next_attempt_at=following.next_attempt_at,
        refusal=refusal,
        detail=detail,
        ended_at=now,
    )


def give_back(*, where: Any, now: datetime, detail: str) -> set[int]:
    """End attempts that are RESERVED still, unburned, with their leads due again; return the accounts concerned."""
    ids = list(where.values_list("id", flat=True))
    if not ids:
        return set()
    with transaction.atomic(), connection.cursor() as cursor:
        locked = [attempt for attempt in lock(cursor, attempt_ids=ids, now=now).values() if attempt.state == "RESERVED"]
        ends = [
            returned(attempt=attempt, outcome=Outcome.CANCELED, now=now, after_seconds=0, detail=detail)
            for attempt in locked
        ]
        if ends:
            end_attempts(cursor, ends=ends)
    return {attempt.account_id for attempt in locked}
