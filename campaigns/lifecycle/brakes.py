"""Pauses campaigns that only do harm by going on: too many calls fail, the fleet is gone, it may not call as it is set.

Each pause says why, names the calls that showed it, and leaves a notice. Nothing is resumed by itself: what fails for
minutes is for a person to look at. Refusals for lack of capacity count as no failure; the account rests by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.lifecycle.missing_results import pause_where_lost
from campaigns.models import Campaign, CampaignState, NoticeKind
from campaigns.placing.campaign_pauses import pause_with_notice
from campaigns.placing.unready import pause_unready
from campaigns.results.notices import named

#: Of a campaign's calls, so many of the latest are looked at.
LATEST_CALLS = 2000
#: The abandon brake says nothing before so many calls were answered.
BRAKE_AFTER_ANSWERED = 30
#: A fleet that cannot be read for so long is gone.
FLEET_GONE_SECONDS = 900

# Judged by when they started: slow failures of a tail end when their good neighbours ended long ago. So the calls up to
# the newest that failed are counted, live ones too, and those that started later and went well say that it is over.
# Only calls since the campaign was started or resumed: what paused it once must not pause it again.
_FAILING = """
SELECT c.id, f.total, f.failed, f.ids, c.pause_window_seconds
  FROM campaigns_campaign c
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE is_together) AS total,
              count(*) FILTER (WHERE is_together AND is_failure) AS failed,
              count(*) FILTER (WHERE placing_at > newest_at AND ended_at IS NOT NULL) AS good_since,
              max(told_at) FILTER (WHERE is_failure) AS told_at,
              array_agg(id ORDER BY id DESC) FILTER (WHERE is_together AND is_failure) AS ids
         FROM (SELECT w.*, COALESCE(w.ended_at, w.placing_at) AS told_at,
                      w.placing_at <= w.newest_at
                      AND w.placing_at > w.newest_at - make_interval(secs => c.pause_window_seconds) AS is_together
                 FROM (SELECT l.*, max(l.placing_at) FILTER (WHERE l.is_failure) OVER () AS newest_at
                         FROM (SELECT a.id, a.ended_at, a.placing_at,
                                      a.state = 'UNCERTAIN'
                                      OR COALESCE(a.outcome IN ('FAILED', 'REFUSED', 'UNCERTAIN', 'LOST'), false)
                                      AS is_failure
                                 FROM (SELECT t.* FROM campaigns_attempt t
                                        WHERE t.campaign_id = c.id ORDER BY t.id DESC LIMIT %(latest)s) a
                                WHERE a.placing_at >= COALESCE(c.state_changed_at, '-infinity')
                                  AND (a.ended_at IS NULL OR a.is_burned)) l) w) counted
       ) f
 WHERE c.state = 'RUNNING' AND c.pause_share_percent IS NOT NULL
   AND f.total >= c.pause_minimum_calls AND f.failed * 100 >= c.pause_share_percent * f.total
   AND f.good_since < c.pause_minimum_calls
   AND f.told_at >= %(now)s::timestamptz - make_interval(secs => c.pause_window_seconds)
"""
# Answered, and nobody talked: known not to, as the provider says no talk time, or says so in its own word.
_ABANDONED = """
SELECT c.id, f.answered, f.abandoned, f.ids, c.abandon_share_percent
  FROM campaigns_campaign c
 CROSS JOIN LATERAL (
       SELECT count(*) AS answered, count(*) FILTER (WHERE is_abandoned) AS abandoned,
              array_agg(id ORDER BY id DESC) FILTER (WHERE is_abandoned) AS ids
         FROM (SELECT l.id, l.talk_seconds <= 0 OR lower(l.disposition) LIKE 'abandon%%' AS is_abandoned
                 FROM (SELECT a.id, a.outcome, a.ended_at, a.talk_seconds, a.disposition FROM campaigns_attempt a
                        WHERE a.campaign_id = c.id ORDER BY a.id DESC LIMIT %(latest)s) l
                WHERE l.outcome = 'ANSWERED'
                  AND l.ended_at >= GREATEST(c.state_changed_at, %(now)s::timestamptz - interval '24 hours')) counted
       ) f
 WHERE c.state = 'RUNNING' AND c.abandon_share_percent IS NOT NULL
   AND f.answered >= %(minimum)s AND f.abandoned * 100 > c.abandon_share_percent * f.answered
"""
# A second account may stand in; then the campaign goes on.
_FLEET_GONE = """
SELECT c.id, a.name, g.fleet_problem FROM campaigns_campaign c
  JOIN dialer_provideraccount a ON a.id = c.account_id
  JOIN dialer_accountgate g ON g.account_id = c.account_id
 WHERE c.state = 'RUNNING' AND c.state_changed_at <= %(gone)s::timestamptz AND g.fleet_problem <> ''
   AND g.fleet_failed_at > %(now)s::timestamptz - interval '60 seconds'
   AND g.fleet_failing_since <= %(gone)s::timestamptz AND c.fallback_account_id IS NULL
"""
_LATEST = "SELECT id FROM campaigns_attempt WHERE campaign_id = %s ORDER BY id DESC LIMIT 5"


def watch_campaigns(*, now: datetime) -> list[int]:
    """Pause what has to be paused; return the campaigns. Safe to repeat."""
    # Claims pause theirs; whose hours are closed, or who calls on the provider's dialer, is seen here.
    running = Campaign.objects.filter(state=CampaignState.RUNNING).order_by("pk").values_list("pk", flat=True)
    paused: list[int | None] = [*pause_unready(campaign_ids=list(running), now=now)]
    with connection.cursor() as cursor:
        for campaign_id, total, failed, ids, seconds in _rows(cursor, _FAILING, {"latest": LATEST_CALLS, "now": now}):
            text = (
                f"{failed} of the {total} calls that started within {seconds} s ({100 * failed // total} %) failed, "
                f"were refused or are uncertain: attempts {named(ids)}"
            )
            paused.append(_pause(cursor, campaign_id, NoticeKind.TOO_MANY_FAILURES, text, ids, now))
        brake = {"latest": LATEST_CALLS, "now": now, "minimum": BRAKE_AFTER_ANSWERED}
        for campaign_id, answered, abandoned, ids, percent in _rows(cursor, _ABANDONED, brake):
            text = (
                f"{abandoned} of {answered} answered calls ({100 * abandoned / answered:.1f} %, the brake is at "
                f"{percent} %) found nobody to talk to: attempts {named(ids)}"
            )
            paused.append(_pause(cursor, campaign_id, NoticeKind.TOO_MANY_ABANDONED, text, ids, now))
        gone = now - timedelta(seconds=FLEET_GONE_SECONDS)
        for campaign_id, account, problem in _rows(cursor, _FLEET_GONE, {"gone": gone, "now": now}):
            text = f"The fleet of {account} has been gone for {FLEET_GONE_SECONDS // 60} minutes: it {problem}"
            paused.append(_pause(cursor, campaign_id, NoticeKind.FLEET_GONE, text, None, now))
    return [campaign_id for campaign_id in paused if campaign_id is not None] + pause_where_lost(now=now)


def _rows(cursor: Any, sql: str, parameters: Any) -> Sequence[tuple[Any, ...]]:
    cursor.execute(sql, parameters)
    return list(cursor.fetchall())


def _pause(
    cursor: Any, campaign_id: int, kind: NoticeKind, text: str, attempt_ids: Sequence[int] | None, now: datetime
) -> int | None:
    """Pause one campaign with its notice. Without calls that showed it, the latest ones are named."""
    ids = attempt_ids if attempt_ids is not None else [row[0] for row in _rows(cursor, _LATEST, [campaign_id])]
    is_paused = pause_with_notice(cursor, campaign_id=campaign_id, kind=kind, reason=text, attempt_ids=ids, now=now)
    return campaign_id if is_paused else None
