"""Pauses campaigns that may not call as they are set: what their start would refuse has come about while they run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from campaigns.claiming.readiness_reading import why_not_of
from campaigns.models import NoticeKind
from campaigns.placing.campaign_pauses import pause_with_notice
from dialer.sql import hot_cursor

#: The latest calls of a campaign are named in its notice.
_LATEST = "SELECT id FROM campaigns_attempt WHERE campaign_id = %s ORDER BY id DESC LIMIT 5"
#: The fields of a campaign that say what its calls do.
_TEMPLATES = ("template", "fallback_template")


def pause_unready(*, campaign_ids: Collection[int], now: datetime) -> list[int]:
    """Pause those of the campaigns that run and may not call as they are set; return them. Safe to repeat.

    Looks anew: what somebody has mended since a claim was refused pauses nothing.
    """
    if not campaign_ids:
        return []
    paused = []
    with hot_cursor() as cursor:
        for campaign_id, problems in why_not_of(cursor, campaign_ids=campaign_ids, now=now).items():
            lasting = [problem for problem in problems if not problem.waits]
            if not lasting:
                continue
            cursor.execute(_LATEST, [campaign_id])
            ids = [row[0] for row in cursor.fetchall()]
            kind = NoticeKind.TEMPLATE_NOT_APPROVED if lasting[0].field in _TEMPLATES else NoticeKind.NOT_READY
            reason = reason_of(problem.said for problem in lasting)
            if pause_with_notice(cursor, campaign_id=campaign_id, kind=kind, reason=reason, attempt_ids=ids, now=now):
                paused.append(campaign_id)
    return paused


def reason_of(sentences: Iterable[str]) -> str:
    """Return why a campaign is paused by these sentences, each of which says what to do."""
    return f"It may not call as it is now. {' '.join(sentences)} Then resume it."
