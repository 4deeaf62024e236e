"""After the rules of a campaign were edited: leads that wait because of the old ones are judged by the new ones."""

from __future__ import annotations

from datetime import datetime

from campaigns.leads.rechecking import rules_edited as judge_put_off_again
from campaigns.settling.eased import judge_waiting_again


def rules_edited(*, campaign_id: int, now: datetime) -> int:
    """Have all leads of a campaign that wait longer than they would have to judged again at once; return how many.

    Once the edit is committed, and not inside another transaction: who edits holds the campaign, and there may be a
    million leads.
    """
    return judge_put_off_again(campaign_id=campaign_id, now=now) + judge_waiting_again(campaign_id=campaign_id, now=now)
