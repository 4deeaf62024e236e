"""Writes down the readings of a fleet by which lines were given away: later results are held against them."""

from __future__ import annotations

from typing import Any

from campaigns.claiming.account_reading import AccountView

#: So long after the longest call its result may come and is held against the readings.
RESULTS_WITHIN_SECONDS = 3600
#: Of the readings within the longest call so many are kept at most: a result is held against no more than these.
MOST_KEPT = 400

_KEEP = """
INSERT INTO campaigns_fleetbounduse (account_id, asked_at, since_at, before_at, calls)
SELECT %(account)s, %(asked)s, %(since)s, %(before)s, %(calls)s
 WHERE NOT EXISTS (SELECT 1 FROM campaigns_fleetbounduse WHERE account_id = %(account)s
                      AND asked_at > %(asked)s::timestamptz - make_interval(secs => %(spacing)s))
    ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM campaigns_fleetbounduse
 WHERE account_id = %(account)s AND asked_at < %(asked)s::timestamptz - make_interval(secs => %(keep)s)
"""


def keep_use(cursor: Any, *, account: AccountView) -> None:
    """Write down the reading by which the account's calls take fewer lines than are counted; its gate is locked."""
    bound = account.bound
    if bound is None or account.live >= account.counted:
        return
    values = {
        "account": account.id,
        "asked": bound.asked_at,
        "since": bound.since_at,
        "before": bound.before_at,
        "calls": bound.calls,
        "spacing": max(1.0, account.max_call_seconds / MOST_KEPT),
        "keep": account.max_call_seconds + RESULTS_WITHIN_SECONDS,
    }
    cursor.execute(_KEEP, values)
    if cursor.rowcount:
        cursor.execute(_FORGET, values)
