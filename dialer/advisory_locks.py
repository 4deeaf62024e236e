"""PostgreSQL's advisory locks: every number that this project takes, so that no two meant apart are one.

All are pairs (what, which): the space of pairs and the space of single numbers are apart in PostgreSQL. Most are held
until the transaction ends; ``dialer/held_locks.py`` holds some longer.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

#: The second number of a pair is a signed 32-bit integer.
_WHICH_VALUES = 2**31


class AdvisoryLock(enum.IntEnum):
    """What is done under a lock by one at a time; ``which``: of what."""

    #: A contact list is written by one import. Which: the list.
    IMPORT = 0x1A9087
    #: Entries of the feed are put into their order. Which: 0.
    FEED = 0x1A9088
    #: Leads are made of a campaign's contacts. Which: the campaign.
    ENROL = 0x656E726F
    #: Numbers are handed to a hosted dialer. Which: the dialer.
    HOSTED_TURN = 730_501
    #: A hosted dialer is switched on or off, apart so that stopping waits for no batch. Which: the dialer.
    HOSTED_SWITCH = 730_502
    #: The log of a hosted dialer is read. Which: the dialer.
    HOSTED_LOG = 730_503
    #: A preflight is made while somebody waits for it. Which: who asks.
    PREFLIGHT = 730_504
    #: What comes under a key is done, or answered as before. Which: a hash of whose key it is.
    KEPT_ANSWER = 730_505
    #: A standing campaign is made. Which: its account.
    STANDING = 730_506
    #: An agent or an extension is looked for at a provider, and added. Which: the account.
    STAFF = 730_507
    #: Old rows are archived and removed. Which: 0.
    RETENTION = 730_508
    #: Persons are erased. Which: 0.
    ERASING = 730_509
    #: A run of a job is at work. Which: the run.
    JOB_RUN = 730_512
    #: Somebody is about to be called, or to be called in a rehearsal. Which: a hash of the number.
    PERSON = 730_510
    REHEARSED_PERSON = 730_511


def take(cursor: Any, lock: AdvisoryLock, *, which: int = 0) -> None:
    """Wait for a lock; it is held until the transaction ends. Raises OperationalError after the lock time-out."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _pair(lock, which))


def try_take(cursor: Any, lock: AdvisoryLock, *, which: int = 0) -> bool:
    """Return whether a lock is ours, without waiting; it is held until the transaction ends."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _pair(lock, which))
    return bool(cursor.fetchone()[0])


def try_take_each(cursor: Any, lock: AdvisoryLock, *, which: Sequence[int]) -> set[int]:
    """Return which of these locks are ours, without waiting; they are held until the transaction ends."""
    cursor.execute(
        "SELECT which FROM unnest(%s::int[]) AS which WHERE pg_try_advisory_xact_lock(%s, which)",
        [list(which), int(lock)],
    )
    return {row[0] for row in cursor.fetchall()}


def try_hold(cursor: Any, lock: AdvisoryLock, *, which: int = 0) -> bool:
    """Return whether a lock is ours, without waiting; it is held until ``let_go`` or the end of the session."""
    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _pair(lock, which))
    return bool(cursor.fetchone()[0])


def let_go(cursor: Any, lock: AdvisoryLock, *, which: int = 0) -> None:
    """Release what ``try_hold`` took."""
    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _pair(lock, which))


def _pair(lock: AdvisoryLock, which: int) -> list[int]:
    return [int(lock), which % _WHICH_VALUES]
