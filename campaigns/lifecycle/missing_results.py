"""Results that do not arrive: campaigns pause when too many calls are LOST, and notices tell what fails, with the cure.

LOST calls are judged by when they started: they end at their deadline, an hour later, so the end says nothing of when
the results began to be missing. Where calls that started since have their result, it is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.models import NoticeKind
from campaigns.placing.campaign_pauses import pause_with_notice
from campaigns.results.notices import named, notify
from dialer.accounts.result_counts import set_to
from dialer.accounts.result_troubles import told_of
from dialer.models import ProviderAccount, ResultKind

#: Of a campaign's calls, so many of the latest are looked at.
LATEST_CALLS = 2000
#: Calls that started so long before the latest one that was lost, or within the campaign's own span, go together.
TOGETHER_SECONDS = 600
#: One notice an hour of each account and kind.
TELL_EVERY = timedelta(hours=1)
#: Pushes are silent when so many calls have ended without one, for so long.
SILENT_CALLS = 20
SILENT_FOR = timedelta(minutes=30)
#: A call that ended so long ago has been pushed, if its provider pushes.
PUSHED_WITHIN = timedelta(minutes=15)

# Refused calls never had a result to come. Only calls since the campaign was started or resumed are counted.
_LOST = """
WITH latest AS (
    SELECT c.id AS campaign_id, a.id, a.outcome, a.outcome_source, a.ended_at, a.placing_at
      FROM campaigns_campaign c
     CROSS JOIN LATERAL (
           SELECT a.* FROM campaigns_attempt a WHERE a.campaign_id = c.id ORDER BY a.id DESC LIMIT %(latest)s) a
     WHERE c.state = 'RUNNING' AND c.pause_lost_percent IS NOT NULL AND a.is_burned AND a.outcome <> 'REFUSED'
       AND a.placing_at >= COALESCE(c.state_changed_at, '-infinity')
), newest AS (
    SELECT campaign_id, max(placing_at) AS at, count(*) AS lost FROM latest WHERE outcome = 'LOST' GROUP BY 1
), counted AS (
    SELECT c.id, c.pause_lost_percent AS percent, c.pause_minimum_calls AS minimum,
           count(*) FILTER (WHERE l.placing_at <= n.at) AS total,
           count(*) FILTER (WHERE l.outcome = 'LOST') AS lost,
           count(*) FILTER (WHERE l.placing_at > n.at AND l.outcome_source <> '') AS told_since,
           array_agg(l.id ORDER BY l.id DESC) FILTER (WHERE l.outcome = 'LOST') AS ids
      FROM newest n
      JOIN campaigns_campaign c ON c.id = n.campaign_id
      JOIN latest l ON l.campaign_id = n.campaign_id
       AND l.placing_at > n.at - make_interval(secs => GREATEST(c.pause_window_seconds, %(together)s))
     GROUP BY c.id
)
SELECT id, total, lost, ids FROM counted
 WHERE total >= minimum AND lost * 100 >= percent * total AND told_since < minimum
"""
# Of an account that has pushed before: the calls of running campaigns that have ended since, without a push.
_SILENT = """
SELECT r.account_id, r.last_at, count(*)
  FROM dialer_resultcount r
  JOIN campaigns_campaign c ON c.state = 'RUNNING' AND r.account_id IN (c.account_id, c.fallback_account_id)
 CROSS JOIN LATERAL (
       SELECT a.account_id, a.ended_at, a.outcome FROM campaigns_attempt a
        WHERE a.campaign_id = c.id ORDER BY a.id DESC LIMIT %(latest)s) a
 WHERE r.kind = 'TAKEN' AND r.last_at < %(silent)s AND a.account_id = r.account_id
   AND a.ended_at > r.last_at AND a.ended_at < %(pushed)s
   AND a.outcome IN ('ANSWERED', 'NO_ANSWER', 'BUSY', 'MACHINE', 'LOST')
 GROUP BY 1, 2 HAVING count(*) >= %(most)s
"""
_TO_TELL = """
UPDATE dialer_resultcount SET told_at = %(now)s
 WHERE kind <> 'TAKEN' AND last_at > %(recent)s AND (told_at IS NULL OR (told_at <= %(recent)s AND last_at > told_at))
RETURNING account_id, kind
"""


def pause_where_lost(*, now: datetime) -> list[int]:
    """Pause campaigns of whose calls too many were LOST; return them. Safe to repeat."""
    paused = []
    with connection.cursor() as cursor:
        for campaign_id, total, lost, ids in _rows(
            cursor, _LOST, {"latest": LATEST_CALLS, "together": TOGETHER_SECONDS}
        ):
            reason = (
                f"The result never came for {lost} of {total} calls that started together ({100 * lost // total} %): "
                f"check the account, it says what fails. Attempts {named(ids)}"
            )
            if pause_with_notice(
                cursor,
                campaign_id=campaign_id,
                kind=NoticeKind.TOO_MANY_LOST,
                reason=reason,
                attempt_ids=ids,
                now=now,
            ):
                paused.append(campaign_id)
    return paused


def note_silence(*, now: datetime) -> int:
    """Count the calls that ended without a push where pushes used to come; return how many accounts are silent."""
    values = {"latest": 100, "silent": now - SILENT_FOR, "pushed": now - PUSHED_WITHIN, "most": SILENT_CALLS}
    with connection.cursor() as cursor:
        found = _rows(cursor, _SILENT, values)
    for account_id, last_at, calls in found:
        set_to(account_id=account_id, kind=ResultKind.SILENT, count=calls, since_at=last_at, now=now)
    return len(found)


def tell_of_missing_results(*, now: datetime) -> int:
    """Write a notice of each trouble that has come up, one an hour of an account and kind; return how many."""
    with connection.cursor() as cursor:
        due = _rows(cursor, _TO_TELL, {"now": now, "recent": now - TELL_EVERY})
    accounts = ProviderAccount.objects.prefetch_related("result_counts").in_bulk({account_id for account_id, _ in due})
    for account_id, kind in due:
        account = accounts[account_id]
        for trouble in told_of(account=account, counts=account.result_counts.all(), now=now):
            if trouble.kind == kind and trouble.is_current:
                text = f"{account.name}: {trouble.text} {trouble.remedy}"
                notify(campaign_id=None, kind=NoticeKind.RESULTS_MISSING, text=text, now=now)
    return len(due)


def _rows(cursor: Any, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, values)
    return list(cursor.fetchall())
