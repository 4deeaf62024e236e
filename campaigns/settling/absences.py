"""Calls without a result for which the account's log is read whole, to see whether they were calls at all.

The rule is ``campaigns.rules.absence``; here is what it asks of the database, and what a reading does to attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.rules.absence import Call, LogReading, Witness, after_reading, doubt, over_by, waits_for_log
from campaigns.states.attempts import note_absence
from campaigns.states.locks import lock_attempts
from dialer.providers.base import Outcome

#: Ends that only a call has that rang somebody: the log has to know it.
RANG = (Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MACHINE)
#: So many calls of an account are judged by one reading; the others by the next.
MOST_JUDGED = 1000
#: Calls that show whether the log lists ours may have been reserved by so many attempts before the one in question.
WITNESSES_BEFORE = 5000

# No call is over before its deadline, so the index on the deadlines of live attempts finds these alone.
WAITING = """
  FROM campaigns_attempt a JOIN dialer_provideraccount p ON p.id = a.account_id AND p.is_active
 WHERE a.ended_at IS NULL AND a.deadline_at < %(now)s AND a.state IN ('UNCERTAIN', 'PLACED') AND a.may_be_absent
   AND a.placing_at IS NOT NULL AND a.absent_at IS NULL
"""
COLUMNS = """a.number, a.reserved_at, a.placing_at, a.placed_at, a.deadline_at, a.may_be_absent,
       a.absent_once_at, a.absent_at, p.reply_timeout_seconds"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a reading said: of how many calls, how many are absent by it, and why it says nothing, if so."""

    calls: int = 0
    absent: int = 0
    doubt: str = ""


def call_of(row: Sequence[Any]) -> Call:
    """Return the call that ``COLUMNS`` say."""
    number, reserved_at, placing_at, placed_at, deadline_at, may_be, first_at, absent_at, timeout_seconds = row
    return Call(
        number=number,
        placing_at=placing_at,
        over_by=over_by(
            reserved_at=reserved_at,
            placing_at=placing_at,
            placed_at=placed_at,
            deadline_at=deadline_at,
            reply_timeout_seconds=timeout_seconds,
        ),
        may_be_absent=may_be,
        first_at=first_at,
        absent_at=absent_at,
    )


def waiting_attempts(*, now: datetime) -> set[int]:
    """Return the attempts past their deadline whose end waits for the log to be read."""
    return {pk for pk, _, call in _waiting(now) if waits_for_log(call, now=now)}


def accounts_to_read(*, now: datetime) -> set[int]:
    """Return the accounts whose whole log is to be read, as calls of theirs would be over and nobody told of them."""
    return {account_id for _, account_id, call in _waiting(now) if call.over_by <= now and waits_for_log(call, now=now)}


def judge(*, account_id: int, reading: LogReading, heard_of: Callable[[Mapping[int, Call]], Collection[int]]) -> Judged:
    """Write down what a reading of an account's log says of its calls without a result.

    ``heard_of``: says of which of the calls, by attempt id, something was heard, or may have been: they are not absent.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, Any] = {"now": reading.asked_at, "account": account_id, "most": MOST_JUDGED}
        cursor.execute(f"SELECT a.id {WAITING} AND a.account_id = %(account)s ORDER BY a.id LIMIT %(most)s", values)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return Judged()
        lock_attempts(cursor, attempt_ids=ids, leads_of=())
        cursor.execute(f"SELECT a.id, {COLUMNS} {WAITING} AND a.id = ANY(%(ids)s)", {**values, "ids": ids})
        calls = {row[0]: call_of(row[1:]) for row in cursor.fetchall()}
        known = heard_of(calls)
        why = doubt(reading, witnesses=_witnesses(cursor, account_id, oldest_id=ids[0]))
        after = {
            pk: replace(call, may_be_absent=False, first_at=None)
            if pk in known
            else after_reading(call, reading=reading, doubted=bool(why))
            for pk, call in calls.items()
        }
        note_absence(cursor, calls={pk: call for pk, call in after.items() if call != calls[pk]})
    return Judged(calls=len(calls), absent=sum(call.absent_at is not None for call in after.values()), doubt=why)


def _waiting(now: datetime) -> list[tuple[int, int, Call]]:
    """Return attempt, account and call of all that is past its deadline without news."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a.id, a.account_id, {COLUMNS} {WAITING}", {"now": now})
        return [(row[0], row[1], call_of(row[2:])) for row in cursor.fetchall()]


# By the primary key: as many rows as were placed since the oldest call in question, and some before.
_WITNESSES = """
SELECT number, placing_at, ended_at FROM campaigns_attempt
 WHERE id >= %(first)s AND account_id = %(account)s AND may_be_absent AND placing_at IS NOT NULL
   AND outcome_source <> '' AND outcome = ANY(%(rang)s)
"""


def _witnesses(cursor: Any, account_id: int, *, oldest_id: int) -> list[Witness]:
    """Return calls of the account that certainly rang, of kinds that its log lists."""
    rang = [outcome.value for outcome in RANG]
    cursor.execute(_WITNESSES, {"first": oldest_id - WITNESSES_BEFORE, "account": account_id, "rang": rang})
    return [Witness(number=row[0], placing_at=row[1], ended_at=row[2]) for row in cursor.fetchall()]


# A number has one live call at most.
_OF_NUMBERS = f"""
SELECT a.number, {COLUMNS} FROM campaigns_attempt a JOIN dialer_provideraccount p ON p.id = a.account_id
 WHERE a.number = ANY(%s) AND a.ended_at IS NULL AND a.state IN ('UNCERTAIN', 'PLACED') AND a.may_be_absent
   AND a.placing_at IS NOT NULL AND NOT a.is_rehearsal
"""  # noqa: S608


def read_log_by(cursor: Any, *, numbers: Collection[str], now: datetime) -> dict[str, datetime]:
    """Return, by number, past which instant the log has to be read to tell whether a call without a result was one.

    Only of calls that will not be told of before: those without a clear answer, and those past their deadline.
    """
    cursor.execute(_OF_NUMBERS, [list(numbers)])
    found = {row[0]: (call_of(row[1:]), row[4] is None or row[5] < now) for row in cursor.fetchall()}
    return {number: call.over_by for number, (call, is_unheard) in found.items() if is_unheard}
