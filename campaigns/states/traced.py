"""Tells of a call as a whole when it has ended, whatever ended it: a result, a refusal, its deadline, a stop."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from dialer.traces import stages
from dialer.traces.stage import WHOLE

_ENDED = """
SELECT reference, reserved_at, ended_at, id, lead_id, campaign_id, account_id, outcome, outcome_source
  FROM campaigns_attempt WHERE id = ANY(%s)
"""
_NAMES = ("attempt_id", "lead_id", "campaign_id", "account_id", "outcome", "told_by")


def tell_ended(cursor: Any, *, attempt_ids: Collection[int]) -> None:
    """Tell of attempts that have just ended, once that is committed. Asks nothing where nobody hears of it."""
    if attempt_ids and stages.are_told():
        cursor.execute(_ENDED, [list(attempt_ids)])
        rows = cursor.fetchall()
        transaction.on_commit(lambda: _tell(rows))


def _tell(rows: Sequence[tuple[Any, ...]]) -> None:
    for reference, reserved_at, ended_at, *others in rows:
        stages.tell(
            name=WHOLE,
            reference=reference,
            began_ns=stages.nanoseconds(reserved_at),
            ended_ns=stages.nanoseconds(ended_at),
            **dict(zip(_NAMES, others, strict=True)),
        )
