"""The lines that hosted dialers take from the limits of their account and DID, whatever waits in their queues."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.models import HostedDialer
from campaigns.transitions import lock_gate

_LIVE_HERE = """
SELECT count(*), count(*) FILTER (WHERE did_id = %(did)s) FROM campaigns_attempt a
 WHERE a.account_id = %(account)s AND a.state <> 'ENDED'
   AND NOT EXISTS (SELECT 1 FROM campaigns_hosteddialer h WHERE h.campaign_id = a.campaign_id)
"""


def hold_lines(*, dialer: HostedDialer) -> str:
    """Take the dialer's lines from the limits; return why they do not fit yet, or an empty text.

    They are taken first and counted in the next transaction, so that no call is claimed in between.
    """
    if not dialer.holds_lines:
        with transaction.atomic(), connection.cursor() as cursor:
            lock_gate(cursor, account_id=dialer.account_id)
            HostedDialer.objects.filter(pk=dialer.pk).update(holds_lines=True)
        dialer.holds_lines = True
    others = HostedDialer.objects.filter(account_id=dialer.account_id, holds_lines=True).exclude(pk=dialer.pk)
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_HERE, {"account": dialer.account_id, "did": dialer.did_id})
        on_account, on_did = cursor.fetchone()
    on_account += sum(other.lines for other in others)
    on_did += sum(other.lines for other in others if other.did_id == dialer.did_id)
    limit = dialer.account.max_live_calls
    if limit is not None and on_account + dialer.lines > limit:
        return f"Waits for {dialer.lines} of the account's {limit} lines to be free"
    if dialer.did is not None and on_did + dialer.lines > dialer.did.max_live_calls:
        return f"Waits for {dialer.lines} of the DID's {dialer.did.max_live_calls} lines to be free"
    return ""


def let_lines_go(*, dialer: HostedDialer, has_live: bool, now: datetime) -> None:
    """Give the lines back once the dialer is off and its calls are over, or can no longer be going on."""
    if not dialer.holds_lines or dialer.is_on is not False or dialer.off_at is None:
        return
    if has_live and now - dialer.off_at < timedelta(seconds=dialer.account.max_call_seconds):
        return
    HostedDialer.objects.filter(pk=dialer.pk).update(holds_lines=False)
    dialer.holds_lines = False
