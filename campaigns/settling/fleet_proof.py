"""Holds the ends that results tell against the readings of the fleet by which lines were given away.

Such a reading says: of the calls that it covers, at most so many were live when the fleet was asked. Where results tell
of more, it was wrong, and more calls may have been live than a limit allows: then lines are no longer freed by the
fleet's count, with a notice, until a person switches it on again. The instants are by our clock: when we asked for the
call, and how long the provider says that it took, so that a provider's clock that is wrong changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.db import transaction

from campaigns.models import FleetBoundUse, NoticeKind
from campaigns.results.notices import notify
from dialer.models import AccountGate, ProviderAccount
from dialer.providers.base import CallReport

log = structlog.get_logger(__name__)

#: An end by the provider's clock alone is believed to be so much earlier, and no end is later than now by more.
CLOCK_SECONDS = 2.0
#: A provider that names whole seconds may make a call longer than it was by so much.
ROUNDING_SECONDS = 1.0

_TOLD = """
WITH calls AS MATERIALIZED (
    SELECT a.account_id, a.placing_at, a.placed_at,
           CASE WHEN v.seconds IS NOT NULL THEN a.placing_at + make_interval(secs => v.seconds - %(rounding)s)
                ELSE v.ended_at - make_interval(secs => %(clock)s) END AS live_until
      FROM unnest(%(attempts)s::bigint[], %(seconds)s::float8[], %(ended)s::timestamptz[]) AS v(id, seconds, ended_at)
      JOIN campaigns_attempt a ON a.id = v.id
     WHERE a.placed_at IS NOT NULL AND NOT a.holds_until_told
), beyond AS MATERIALIZED (
    SELECT u.id, count(*) AS calls FROM calls c
      JOIN campaigns_fleetbounduse u ON u.account_id = c.account_id
       AND u.asked_at > c.placed_at AND u.asked_at < c.live_until
     WHERE c.placed_at < u.before_at AND c.placing_at >= u.since_at
       AND c.live_until <= %(now)s::timestamptz + make_interval(secs => %(clock)s)
     GROUP BY u.id
), locked AS MATERIALIZED (
    SELECT id FROM campaigns_fleetbounduse WHERE id IN (SELECT id FROM beyond) ORDER BY id FOR NO KEY UPDATE
)
UPDATE campaigns_fleetbounduse u SET told_live = u.told_live + b.calls
  FROM beyond b JOIN locked ON locked.id = b.id WHERE u.id = b.id
RETURNING u.account_id, u.asked_at, u.calls, u.told_live
"""
# Of accounts that give lines away: a call whose result tells no end that can be used, and one that was transferred.
_DOUBTS = """
SELECT DISTINCT ON (a.account_id, v.is_transferred) a.account_id, a.id, v.is_transferred
  FROM unnest(%(attempts)s::bigint[], %(seconds)s::float8[], %(ended)s::timestamptz[], %(transferred)s::boolean[])
       AS v(id, seconds, ended_at, is_transferred)
  JOIN campaigns_attempt a ON a.id = v.id
 WHERE a.placed_at IS NOT NULL AND NOT a.holds_until_told
   AND EXISTS (SELECT 1 FROM campaigns_fleetbounduse u WHERE u.account_id = a.account_id)
   AND (v.is_transferred OR COALESCE(a.placing_at + make_interval(secs => v.seconds), v.ended_at, 'infinity')
                            > %(now)s::timestamptz + make_interval(secs => %(clock)s))
 ORDER BY a.account_id, v.is_transferred, a.id
"""


def hold_against(cursor: Any, *, told: Mapping[int, Sequence[CallReport]], now: datetime) -> None:
    """Count the ends that are told, by attempt, each attempt once; what they disprove is switched off after commit."""
    values = _values(told)
    if not values["attempts"]:
        return
    values |= {"now": now, "clock": CLOCK_SECONDS, "rounding": ROUNDING_SECONDS}
    cursor.execute(_TOLD, values)
    disproved = {
        account_id: f"{told_live} calls were live at {asked_at:%d %b %H:%M:%S} UTC, as their results tell, when the "
        f"fleet counted {calls}: raise the seconds by which its count lags"
        for account_id, asked_at, calls, told_live in cursor.fetchall()
        if told_live > calls
    }
    cursor.execute(_DOUBTS, values)
    unchecked: dict[int, str] = {}
    for account_id, attempt_id, is_transferred in cursor.fetchall():
        if is_transferred:
            disproved[account_id] = (
                f"call #{attempt_id} was transferred, so that the fleet no longer counts it while it holds its line: "
                "set 'May transfer calls' in the templates of such bots"
            )
        else:
            unchecked[account_id] = (
                f"Not checked: the result of call #{attempt_id} does not tell when it ended. Paste the account's key "
                "map into the bots anew, and compare the provider's clock."
            )
    # After the commit: the gate may not be locked after attempts.
    for account_id, why in disproved.items():
        transaction.on_commit(partial(_switch_off, account_id=account_id, why=why, now=now), robust=True)
    for account_id, text in unchecked.items():
        gates = AccountGate.objects.filter(account_id=account_id, fleet_bound_problem="")
        transaction.on_commit(partial(gates.update, fleet_bound_problem=text[:300]), robust=True)


def _values(told: Mapping[int, Sequence[CallReport]]) -> dict[str, Any]:
    values: dict[str, Any] = {"attempts": [], "seconds": [], "ended": [], "transferred": []}
    for attempt_id, reports in told.items():
        pushed = [report for report in reports if report.source == "PUSH" and report.outcome]
        if not pushed:
            continue
        values["attempts"].append(attempt_id)
        values["seconds"].append(max(filter(None, map(_seconds, pushed)), default=None))
        values["ended"].append(next((report.ended_at for report in pushed if report.ended_at), None))
        values["transferred"].append(any(report.was_transferred for report in pushed))
    return values


def _seconds(report: CallReport) -> float | None:
    """Return how long a call took by the provider's own clock, from its start or else from its answer."""
    if report.started_at is not None and report.ended_at is not None:
        return max(0.0, (report.ended_at - report.started_at).total_seconds())
    return report.duration_seconds


def _switch_off(*, account_id: int, why: str, now: datetime) -> None:
    """Free lines by results alone from now on, say so at the account, and leave a notice; once."""
    with transaction.atomic():
        if not ProviderAccount.objects.filter(pk=account_id, uses_fleet_bound=True).update(uses_fleet_bound=False):
            return
        AccountGate.objects.filter(account_id=account_id).update(fleet_bound_problem=f"Switched off: {why}."[:300])
        FleetBoundUse.objects.filter(account_id=account_id).delete()
        name = ProviderAccount.objects.values_list("name", flat=True).get(pk=account_id)
        text = (
            f"{name}: lines are no longer freed by the fleet's count: {why}. Until it is switched on again at the "
            "account, each call holds its line until its result comes."
        )
        notify(campaign_id=None, kind=NoticeKind.FLEET_BOUND_OFF, text=text, now=now)
    log.error("lines are no longer freed by the fleet's count", account_id=account_id)
