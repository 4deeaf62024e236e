"""Pauses campaigns whose calls are refused until a person looks: a setting of ours is wrong, or nobody is there.

Nobody there: no phone of their agents or targets is registered. That is no fault of a lead and burns no attempt. One
agent who is away rests while the others go on (``claiming.agent_reading``). ``account_rests`` lets accounts rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from campaigns.models import Campaign, CampaignState, NoticeKind
from campaigns.placing.results import Placed
from campaigns.results.notices import named, notify
from campaigns.states import campaigns as campaign_states
from dialer.models import ProviderAccount
from dialer.providers.base import Refusal, Refused
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Refusals that repeat for every lead until a manager mends a setting: the campaign pauses and says why.
MISCONFIGURED = frozenset({Refusal.CREDENTIALS, Refusal.ADDRESS_NOT_ALLOWED, Refusal.UNKNOWN_TARGET})
#: So many of them in a row pause it; a wrong credential does at once.
MISAIMED_IN_ROW = 3
#: Refusals of one request, which may be the lead's fault, or that of what all requests of the campaign have in common.
OF_THE_REQUEST = frozenset({Refusal.INVALID_REQUEST, Refusal.OTHER})
#: So many first calls of a start, refused in the same words, are no fault of their leads.
ALIKE_IN_ROW = 5
MOST_ALIKE = 50
#: So many calls in a row that were refused so, over so long, pause a campaign.
AWAY_IN_ROW = 3
AWAY_SECONDS = 120

# The latest calls of a campaign since it was started or resumed, back to the last one that was not refused so.
_AWAY = """
SELECT count(*), min(ended_at), array_agg(id ORDER BY id DESC)
  FROM (SELECT id, ended_at, bool_and(is_away) OVER (ORDER BY id DESC) AS all_away
          FROM (SELECT a.id, a.ended_at, COALESCE(a.refusal = 'TARGET_AWAY', FALSE) AS is_away
                  FROM campaigns_attempt a JOIN campaigns_campaign c ON c.id = a.campaign_id
                 WHERE a.campaign_id = %(campaign)s AND a.state NOT IN ('RESERVED', 'PLACING')
                   AND (c.state_changed_at IS NULL OR a.reserved_at >= c.state_changed_at)
                 ORDER BY a.id DESC LIMIT 100) latest) marked
 WHERE all_away
"""


# The first calls of a campaign since its start or resumption, as long as none of them was taken.
_ALIKE = """
SELECT count(*), count(DISTINCT detail), array_agg(id)
  FROM (SELECT a.id, a.detail, a.placed_at, COALESCE(a.refusal = ANY(%(reasons)s), FALSE) AS is_refused
          FROM campaigns_attempt a JOIN campaigns_campaign c ON c.id = a.campaign_id
         WHERE a.campaign_id = %(campaign)s AND a.state NOT IN ('RESERVED', 'PLACING')
           AND (c.state_changed_at IS NULL OR a.reserved_at >= c.state_changed_at)
         ORDER BY a.id DESC LIMIT %(most)s) latest
HAVING bool_and(is_refused) AND bool_and(placed_at IS NULL)
"""


def pause_with_notice(
    cursor: Any, *, campaign_id: int, kind: NoticeKind, reason: str, now: datetime, attempt_ids: Sequence[int] = ()
) -> bool:
    """Pause a running campaign and tell of it in the feed, both or neither; return whether it was running."""
    with transaction.atomic():
        if not campaign_states.pause_running(cursor, campaign_id=campaign_id, reason=reason, now=now):
            return False
        notify(campaign_id=campaign_id, kind=kind, text=reason, attempt_ids=attempt_ids, now=now)
    log.warning("campaign paused", campaign_id=campaign_id, kind=kind.value)
    return True


def pause_unreadable(*, account_id: int, now: datetime) -> None:
    """Pause the running campaigns of an account whose credentials no key opens, and say what to do. Safe to repeat."""
    account = ProviderAccount.objects.filter(pk=account_id).first()
    if account is None or not account.problem:
        return
    running = Campaign.objects.filter(account=account, state=CampaignState.RUNNING).order_by("id")
    for campaign_id in running.values_list("id", flat=True):
        with hot_cursor() as cursor:
            pause_with_notice(
                cursor, campaign_id=campaign_id, kind=NoticeKind.ACCOUNT_UNREADABLE, reason=account.problem, now=now
            )


def may_pause(*, results: Sequence[Placed]) -> set[int]:
    """Return the campaigns that these results may pause: one batch may have calls of several."""
    pausing = MISCONFIGURED | OF_THE_REQUEST | {Refusal.TARGET_AWAY}
    return {
        placed.campaign_id
        for placed in results
        if isinstance(placed.result, Refused) and placed.result.reason in pausing
    }


def pause_misconfigured(cursor: Any, *, results: Sequence[Placed], now: datetime) -> None:
    """Pause campaigns whose further calls would be refused alike: wrong credentials, or the last few all misaimed."""
    for placed in results:
        result = placed.result
        if not isinstance(result, Refused) or result.reason not in MISCONFIGURED:
            continue
        if result.reason == Refusal.CREDENTIALS or _all_misaimed(cursor, placed.campaign_id):
            pause_with_notice(
                cursor,
                campaign_id=placed.campaign_id,
                kind=NoticeKind.ACCOUNT_REJECTED,
                reason=f"The provider refused attempt #{placed.attempt_id}: {result.detail}",
                attempt_ids=[placed.attempt_id],
                now=now,
            )


def pause_refused_alike(cursor: Any, *, results: Sequence[Placed], now: datetime) -> None:
    """Pause campaigns of these results, already recorded, whose first calls were all refused in the same words."""
    refused = {
        placed.campaign_id: placed.result.detail
        for placed in results
        if isinstance(placed.result, Refused) and placed.result.reason in OF_THE_REQUEST
    }
    reasons = [reason.value for reason in OF_THE_REQUEST]
    for campaign_id, detail in refused.items():
        cursor.execute(_ALIKE, {"campaign": campaign_id, "reasons": reasons, "most": MOST_ALIKE})
        row = cursor.fetchone()
        if row is None:
            continue
        calls, ways_to_say_it, attempt_ids = row
        if not ALIKE_IN_ROW <= calls < MOST_ALIKE or ways_to_say_it != 1:
            continue
        reason = (
            f"The provider refused all {calls} calls since the start in the same words ({detail}): what they have in "
            f"common is wrong, the template or the account. Correct it, then resume. Attempts {named(attempt_ids)}"
        )
        pause_with_notice(
            cursor,
            campaign_id=campaign_id,
            kind=NoticeKind.ACCOUNT_REJECTED,
            reason=reason,
            attempt_ids=attempt_ids,
            now=now,
        )


def _all_misaimed(cursor: Any, campaign_id: int) -> bool:
    """Return whether the campaign's last attempts were all refused for a setting of ours, none for the number."""
    cursor.execute(
        """SELECT count(*) FILTER (WHERE refusal = ANY(%s)) FROM (
               SELECT refusal FROM campaigns_attempt WHERE campaign_id = %s AND state = 'ENDED'
                ORDER BY id DESC LIMIT %s) latest""",
        [[reason.value for reason in MISCONFIGURED], campaign_id, MISAIMED_IN_ROW],
    )
    return bool(cursor.fetchone()[0] >= MISAIMED_IN_ROW)


def pause_away(cursor: Any, *, results: Sequence[Placed], now: datetime) -> None:
    """Pause campaigns of these results, already recorded, whose calls have found nobody for a while; say why."""
    away = {
        placed.campaign_id: placed.result.detail
        for placed in results
        if isinstance(placed.result, Refused) and placed.result.reason is Refusal.TARGET_AWAY
    }
    for campaign_id, detail in away.items():
        cursor.execute(_AWAY, {"campaign": campaign_id})
        count, first_at, ids = cursor.fetchone()
        if count < AWAY_IN_ROW or now - first_at < timedelta(seconds=AWAY_SECONDS):
            continue
        reason = (
            f"No phone of its agents or targets is registered: the last {count} calls, since {first_at:%H:%M:%S} UTC, "
            f"were refused for it ({detail}). Have one registered, then resume. Attempts {named(ids)}"
        )
        pause_with_notice(
            cursor, campaign_id=campaign_id, kind=NoticeKind.TARGET_AWAY, reason=reason, attempt_ids=ids, now=now
        )
