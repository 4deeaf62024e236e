"""After the rules of a campaign were edited: leads that the old ones had put off are looked at by the new ones."""

from __future__ import annotations

from datetime import datetime

from campaigns.doorbells import ring_account
from campaigns.models import Campaign, Lead


def rules_edited(*, campaign_id: int, now: datetime) -> int:
    """Have leads that wait for their first call because of a rule judged again at once; return how many.

    Retries and callbacks keep their due times: an earlier one would come before the delay that was asked for.
    """
    waiting = Lead.objects.filter(
        campaign_id=campaign_id, state="PENDING", last_attempt_at=None, callback_at=None, next_attempt_at__gt=now
    )
    found = waiting.exclude(state_reason="").update(next_attempt_at=now, state_reason="")
    if found:
        for account_id in Campaign.objects.get(pk=campaign_id).account_ids:
            ring_account(account_id)
    return found
