"""The lines that hosted dialers take from the limits of their account and DID, without what waits in their queues."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.claiming.gate import lock_gate
from campaigns.models import HostedDialer

_LIVE_HERE = """
SELECT count(*), count(*) FILTER (WHERE did_id = %(did)s) FROM campaigns_attempt a
 WHERE a.account_id = %(account)s AND a.ended_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM campaigns_hosteddialer h WHERE h.campaign_id = a.campaign_id)
"""


def hold_lines(*, dialer: HostedDialer, lines: int) -> str:
    """Take so many lines from the limits; return why the dialer may not use them yet, or an empty text.

    Of hosted dialers, who is first holds them. Then nothing new is claimed on them, and calls under way are waited for.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lock_gate(cursor, account_id=dialer.account_id)
        problem = _beyond(dialer, lines, on_account=0, on_did=0)
        if problem:
            return problem
        if not dialer.holds_lines or dialer.lines < lines:
            dialer.holds_lines, dialer.lines = True, max(dialer.lines, lines)
            dialer.save(update_fields=["holds_lines", "lines"])
        cursor.execute(_LIVE_HERE, {"account": dialer.account_id, "did": dialer.did_id})
        on_account, on_did = cursor.fetchone()
        return _beyond(dialer, lines, on_account=on_account, on_did=on_did)


def _beyond(dialer: HostedDialer, lines: int, *, on_account: int, on_did: int) -> str:
    """Return which limit ``lines`` would pass, with what other hosted dialers hold; or an empty text."""
    others = HostedDialer.objects.filter(account_id=dialer.account_id, holds_lines=True).exclude(pk=dialer.pk)
    for other in others:
        on_account += other.lines
        on_did += other.lines if other.did_id == dialer.did_id else 0
    limit = dialer.account.max_live_calls
    if limit is not None and on_account + lines > limit:
        return f"Waits for {lines} of the account's {limit} lines to be free"
    if dialer.did is not None and on_did + lines > dialer.did.max_live_calls:
        return f"Waits for {lines} of the DID's {dialer.did.max_live_calls} lines to be free"
    return ""


def let_lines_go(*, dialer: HostedDialer, has_live: bool, now: datetime) -> None:
    """Give the lines back once the dialer is off and its calls are over, or can no longer be going on."""
    if not dialer.holds_lines or dialer.is_on is not False:
        return
    if has_live and dialer.off_at is not None and now - dialer.off_at < timedelta(seconds=dialer.longest_call_seconds):
        return
    HostedDialer.objects.filter(pk=dialer.pk).update(holds_lines=False)
    dialer.holds_lines = False
