"""Campaigns as people arrange them: what is over is put away, and taken back."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Campaign, CampaignState
from campaigns.states.campaigns import UnableToOperate

#: What may be put away: nothing of it calls, or will call by itself.
AT_REST = (CampaignState.DRAFT, CampaignState.COMPLETED, CampaignState.STOPPED)


def archive_campaign(*, campaign_id: int, now: datetime) -> Campaign:
    """Put a campaign away: lists leave it out. Raises UnableToOperate for one that is not at rest."""
    changed = Campaign.objects.filter(pk=campaign_id, state__in=AT_REST, archived_at=None).update(archived_at=now)
    campaign = Campaign.objects.get(pk=campaign_id)
    if not changed and campaign.archived_at is None:
        said = f"It is {campaign.get_state_display().lower()}: only drafts and what is over can be archived."
        raise UnableToOperate([said])
    return campaign


def unarchive_campaign(*, campaign_id: int) -> Campaign:
    """Take a campaign out of the archive."""
    Campaign.objects.filter(pk=campaign_id).update(archived_at=None)
    return Campaign.objects.get(pk=campaign_id)
