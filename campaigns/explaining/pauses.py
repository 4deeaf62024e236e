"""Why a campaign paused itself: the notice that told of it, its calls grouped by what became of them, and the cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import Campaign, CampaignNotice, CampaignState, NoticeKind
from campaigns.states.campaigns import BY_A_PERSON
from dialer.providers.vocabulary import in_words

#: So many different causes are named.
MOST_CAUSES = 6
_RESUME = "then resume it."
#: What to do about each pause, and where: the account, the template, the campaign itself.
CURES: Mapping[str, tuple[str, str]] = {
    NoticeKind.TOO_MANY_FAILURES: (f"Look at what failed; mend it, {_RESUME}", "calls"),
    NoticeKind.ACCOUNT_REJECTED: (
        f"Check the account: its key, or what it may do, is refused. Mend it, {_RESUME}",
        "account",
    ),
    NoticeKind.ACCOUNT_UNREADABLE: (f"Enter the account's credentials anew, {_RESUME}", "account"),
    NoticeKind.TARGET_AWAY: (f"Have the phones of agents or targets registered, {_RESUME}", "account"),
    NoticeKind.FLEET_GONE: (
        f"Check the account: the provider's fleet does not answer. Once it does, {_RESUME}",
        "account",
    ),
    NoticeKind.TOO_MANY_ABANDONED: (f"Have more agents take calls, or lower the limits, {_RESUME}", "campaign"),
    NoticeKind.TEMPLATE_NOT_APPROVED: (f"Have the text approved, or choose another template, {_RESUME}", "template"),
    NoticeKind.NOT_READY: (f"Mend what it says, {_RESUME}", "campaign"),
    NoticeKind.TOO_MANY_LOST: (f"Check the account: pushes and look-ups do not arrive. Mend it, {_RESUME}", "account"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Calls of a pause that ended alike."""

    calls: int
    outcome: str
    detail: str
    since_at: datetime
    first_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """``where``: which page has the cure: "account", "template", "campaign" or "calls"."""

    said: str
    since_at: datetime | None
    cure: str
    where: str
    causes: Sequence[Cause]


def paused_itself(campaign: Campaign) -> bool:
    """Return whether the dialer paused the campaign, and no person."""
    return campaign.state == CampaignState.PAUSED and not campaign.state_reason.startswith(BY_A_PERSON)


# A call that nothing more was said of is grouped by what the provider refused it for, else by its outcome alone.
_CAUSES = """
SELECT count(*), COALESCE(outcome, 'LIVE'), COALESCE(NULLIF(detail, ''), refusal, ''), min(reserved_at), min(id)
  FROM campaigns_attempt WHERE id = ANY(%(ids)s) GROUP BY 2, 3 ORDER BY 1 DESC, 5 LIMIT %(most)s
"""


def read_pause(cursor: Any, *, campaign: Campaign) -> Pause | None:
    """Return why the campaign paused itself; None where it did not. Two statements."""
    if not paused_itself(campaign):
        return None
    notices = CampaignNotice.objects.filter(campaign=campaign, kind__in=CURES)
    notice = notices.filter(created_at__gte=campaign.state_changed_at).order_by("-id").first() or (
        notices.order_by("-id").first()
    )
    cure, where = CURES[notice.kind] if notice else (f"Mend what it says, {_RESUME}", "campaign")
    cursor.execute(_CAUSES, {"ids": list(notice.attempt_ids) if notice else [], "most": MOST_CAUSES})
    return Pause(
        said=campaign.state_reason,
        since_at=campaign.state_changed_at,
        cure=cure,
        where=where,
        causes=[
            Cause(calls=calls, outcome=in_words(outcome), detail=detail, since_at=since, first_id=first)
            for calls, outcome, detail, since, first in cursor.fetchall()
        ],
    )
