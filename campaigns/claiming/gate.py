"""The gate of an account: the lock under which its calls are reserved, and all that is written there.

Gates of several accounts are always locked in the order of their ids, so that two who claim cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from campaigns.claiming.budget import REFUSALS_BEFORE_BACKOFF, FleetReading, refusals_in_row
from campaigns.claiming.fleet_bound import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The locked gate of an account."""

    next_send_at: datetime | None
    backoff_until: datetime | None
    refusals_in_row: int
    fleet_available: int | None
    fleet_measured_at: datetime | None
    fleet_own_live: int | None
    fleet_problem: str
    turns: Mapping[str, float]
    # What the fleet counted, and since when without a sign of a restart; None while that is not known.
    track: Track | None = None

    @property
    def is_crowded(self) -> bool:
        """Whether so many calls were turned away in a row that the account is probed, one call at a time."""
        return self.refusals_in_row >= REFUSALS_BEFORE_BACKOFF

    @property
    def reading(self) -> FleetReading | None:
        """The fleet reading, or None when there is none."""
        if self.fleet_available is None or self.fleet_measured_at is None:
            return None
        return FleetReading(
            available=self.fleet_available, own_live=self.fleet_own_live or 0, measured_at=self.fleet_measured_at
        )


#: Of a gate, in the order in which ``gate_of_row`` takes them.
GATE_COLUMNS = """account_id, next_send_at, backoff_until, refusals_in_row, fleet_available, fleet_measured_at,
       fleet_own_live, fleet_problem, turns, fleet_followed_since, fleet_calls, fleet_calls_before, fleet_workers"""
_GATE = f"SELECT {GATE_COLUMNS} FROM dialer_accountgate\n"  # noqa: S608


# An account that shares a running campaign with another one claims under the locks of both, so that the campaign's
# limit holds across them; taken in id order, as everywhere.
_WITH_PARTNERS = """
 WHERE account_id = ANY(ARRAY(
       SELECT %(account)s::bigint
       UNION SELECT fallback_account_id FROM campaigns_campaign
              WHERE account_id = %(account)s AND state = 'RUNNING' AND fallback_account_id IS NOT NULL
       UNION SELECT account_id FROM campaigns_campaign
              WHERE fallback_account_id = %(account)s AND state = 'RUNNING'))
 ORDER BY account_id
"""


def lock_gates(cursor: Any, *, account_id: int) -> dict[int, Gate]:
    """Lock an account's gate, and those of accounts that share a running campaign with it; return them by account.

    Held until the transaction ends. Count only in the statements that follow.
    """
    cursor.execute(_GATE + _WITH_PARTNERS + "FOR NO KEY UPDATE", {"account": account_id})
    return {row[0]: gate_of_row(row) for row in cursor.fetchall()}


def look_at_gates(cursor: Any, *, account_id: int) -> dict[int, Gate]:
    """Return the gates that claiming would lock, without locking them: to explain, never to reserve by."""
    cursor.execute(_GATE + _WITH_PARTNERS, {"account": account_id})
    return {row[0]: gate_of_row(row) for row in cursor.fetchall()}


def lock_gate(cursor: Any, *, account_id: int) -> Gate | None:
    """Lock an account's gate until the transaction ends. Count only in the statements that follow."""
    cursor.execute(_GATE + "WHERE account_id = %s FOR NO KEY UPDATE", [account_id])
    row = cursor.fetchone()
    return gate_of_row(row) if row is not None else None


def gate_of_row(row: Sequence[Any]) -> Gate:
    """Return the gate of a row of GATE_COLUMNS."""
    _, next_send_at, backoff_until, refusals, available, measured_at, own_live, problem, turns, *followed = row
    return Gate(
        next_send_at=next_send_at,
        backoff_until=backoff_until,
        refusals_in_row=refusals,
        fleet_available=available,
        fleet_measured_at=measured_at,
        fleet_own_live=own_live,
        fleet_problem=problem,
        turns=orjson.loads(turns) if isinstance(turns, str | bytes) else turns,
        track=_track(measured_at, *followed),
    )


def _track(
    asked_at: datetime | None, since_at: datetime | None, calls: int | None, calls_before: int | None, workers: str
) -> Track | None:
    if asked_at is None or since_at is None or calls is None:
        return None
    return Track(since_at=since_at, asked_at=asked_at, calls=calls, calls_before=calls_before, workers=workers)


def set_turns(cursor: Any, *, account_id: int, turns: Mapping[str, float]) -> None:
    """Write down whose turn it is among the account's campaigns; the gate is locked by the caller."""
    cursor.execute(
        "UPDATE dialer_accountgate SET turns = %s::jsonb WHERE account_id = %s",
        [orjson.dumps(turns).decode(), account_id],
    )


def set_next_send(cursor: Any, *, account_id: int, next_send_at: datetime) -> None:
    """Move the instant from which the account's next request may leave; the gate is locked by the caller."""
    cursor.execute("UPDATE dialer_accountgate SET next_send_at = %s WHERE account_id = %s", [next_send_at, account_id])


def note_refusals(cursor: Any, *, account_id: int, refused: int, now: datetime) -> int:
    """Count calls that were turned away for lack of capacity, as ``budget.refusals_in_row`` does; return the count."""
    gate = lock_gate(cursor, account_id=account_id)
    if gate is None:
        return 0
    is_resting = gate.backoff_until is not None and gate.backoff_until > now
    in_row = refusals_in_row(before=gate.refusals_in_row, refused=refused, is_resting=is_resting)
    cursor.execute("UPDATE dialer_accountgate SET refusals_in_row = %s WHERE account_id = %s", [in_row, account_id])
    return in_row


def end_refusals(cursor: Any, *, account_id: int) -> bool:
    """Set the count to zero and end the rest, as a call was accepted; return whether there was anything to end."""
    cursor.execute(
        """UPDATE dialer_accountgate SET refusals_in_row = 0, backoff_until = NULL, backoff_reason = ''
            WHERE account_id = %s AND refusals_in_row > 0""",
        [account_id],
    )
    return bool(cursor.rowcount)


def back_off(cursor: Any, *, account_id: int, until: datetime, reason: str) -> None:
    """Let the account rest until an instant, and ask for its capacity anew when it has one to report."""
    cursor.execute(
        """UPDATE dialer_accountgate SET backoff_until = GREATEST(COALESCE(backoff_until, %s), %s), backoff_reason = %s
            WHERE account_id = %s""",
        [until, until, reason[:200], account_id],
    )
