"""Every write of a campaign's state, with its entry in the audit.

Each is one conditional UPDATE whose row count is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from campaigns.acts import OPERATE
from campaigns.models import Campaign, CampaignState
from dialer.audit import Subject, record, record_many

#: The length of ``Campaign.state_reason``.
REASON_LENGTH = 300
#: The reason of a pause by a person begins so; every other pause the dialer made itself.
BY_A_PERSON = "Paused by "
_WORDS = {
    CampaignState.SCHEDULED: "Scheduled",
    CampaignState.RUNNING: "Started",
    CampaignState.PAUSED: "Paused",
    CampaignState.STOPPED: "Stopped",
    CampaignState.COMPLETED: "Completed",
}


class UnableToOperate(Exception):
    """The campaign cannot be started, paused, resumed or stopped as it is; ``problems`` are sentences."""

    def __init__(self, problems: Sequence[str], *, code: str = "wrong_state") -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)
        self.code = code


def add_draft(**values: Any) -> Campaign:
    """Insert a campaign with these fields, as one that was not started yet."""
    return Campaign.objects.create(**{**values, "state": CampaignState.DRAFT})


@transaction.atomic
def move(campaign: Campaign, *, to: CampaignState, reason: str, now: datetime) -> None:
    """Move a campaign from the state that it was read in. Raises UnableToOperate if somebody else has changed it."""
    # Resumed or reopened, it has started before.
    started = {"started_at": Coalesce(F("started_at"), Value(now))} if to == CampaignState.RUNNING else {}
    changed = Campaign.objects.filter(pk=campaign.pk, state=campaign.state).update(
        state=to, state_reason=reason[:REASON_LENGTH], state_changed_at=now, updated_at=now, **started
    )
    if changed != 1:
        raise UnableToOperate(["Somebody else has just changed it: reload and look again."])
    _record(_subject(campaign.pk, campaign.name), was=campaign.state, to=to, reason=reason, now=now)
    campaign.state, campaign.state_reason, campaign.state_changed_at = to, reason, now


def leave_schedule(*, campaign_id: int, to: CampaignState, reason: str, now: datetime) -> bool:
    """SCHEDULED → PAUSED, as it could not be opened, or COMPLETED, its end being past; return whether this did it."""
    with transaction.atomic():
        changed = Campaign.objects.filter(pk=campaign_id, state=CampaignState.SCHEDULED).update(
            state=to, state_reason=reason[:REASON_LENGTH], state_changed_at=now
        )
        if changed:
            _record(_named(campaign_id), was=CampaignState.SCHEDULED, to=to, reason=reason, now=now)
    return bool(changed)


@transaction.atomic
def complete(*, campaign_ids: Collection[int], now: datetime) -> int:
    """RUNNING or PAUSED → COMPLETED; return how many. The caller has locked them, and seen that no lead waits."""
    going = Campaign.objects.filter(pk__in=campaign_ids, state__in=[CampaignState.RUNNING, CampaignState.PAUSED])
    found, reason = list(going), "Every lead has ended"
    changed = going.update(state=CampaignState.COMPLETED, state_reason=reason, state_changed_at=now)
    for state in {campaign.state for campaign in found}:
        record_many(
            act=OPERATE.name,
            what=_WORDS[CampaignState.COMPLETED],
            subjects=[campaign for campaign in found if campaign.state == state],
            reason=reason,
            changes={"state": [state, CampaignState.COMPLETED]},
            now=now,
        )
    return changed


def pause_running(cursor: Any, *, campaign_id: int, reason: str, now: datetime) -> bool:
    """RUNNING → PAUSED, by the dialer itself; returns whether this did it."""
    cursor.execute(
        """UPDATE campaigns_campaign SET state = 'PAUSED', state_reason = %s, state_changed_at = %s
            WHERE id = %s AND state = 'RUNNING'""",
        [reason[:REASON_LENGTH], now, campaign_id],
    )
    if not cursor.rowcount:
        return False
    _record(_named(campaign_id), was=CampaignState.RUNNING, to=CampaignState.PAUSED, reason=reason, now=now)
    return True


def reopen(cursor: Any, *, reasons: Mapping[int, str], now: datetime) -> dict[int, str]:
    """COMPLETED → RUNNING, as somebody waits to be called; return the state that each campaign has then.

    ``reasons``: why, by campaign. All are locked, in the order of their ids: who completes one waits, and looks again.
    """
    cursor.execute(
        "SELECT id, state FROM campaigns_campaign WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(reasons)]
    )
    states: dict[int, str] = dict(cursor.fetchall())
    for campaign_id in [pk for pk, state in states.items() if state == "COMPLETED"]:
        cursor.execute(
            """UPDATE campaigns_campaign SET state = 'RUNNING', state_reason = %s, state_changed_at = %s
                WHERE id = %s AND state = 'COMPLETED'""",
            [reasons[campaign_id][:REASON_LENGTH], now, campaign_id],
        )
        if cursor.rowcount:
            states[campaign_id] = "RUNNING"
            _record(
                _named(campaign_id),
                was=CampaignState.COMPLETED,
                to=CampaignState.RUNNING,
                reason=reasons[campaign_id],
                now=now,
            )
    return states


def _record(subject: Subject, *, was: str, to: CampaignState, reason: str, now: datetime) -> None:
    what = "Resumed" if (was, to) == (CampaignState.PAUSED, CampaignState.RUNNING) else _WORDS[to]
    what = "Runs again" if was == CampaignState.COMPLETED else what
    changes = {"state": [str(was), str(to)]}
    record(act=OPERATE.name, what=what, subject=subject, changes=changes, reason=reason, now=now)


def _named(campaign_id: int) -> Subject:
    name = Campaign.objects.filter(pk=campaign_id).values_list("name", flat=True).first()
    return _subject(campaign_id, name or "")


def _subject(campaign_id: int, name: str) -> Subject:
    return Subject(of=Campaign._meta.label_lower, id=campaign_id, name=name)
