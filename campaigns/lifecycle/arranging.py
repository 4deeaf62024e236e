"""Campaigns as people arrange them: a copy to begin from, and what is over put away. Neither calls anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, CampaignState
from campaigns.states import campaigns as campaign_states
from campaigns.states.campaigns import UnableToOperate

NAME_LENGTH = 150
#: What may be put away: nothing of it calls, or will call by itself.
AT_REST = (CampaignState.DRAFT, CampaignState.COMPLETED, CampaignState.STOPPED)
#: So many copies of one name are told apart by a number.
MOST_COPIES = 1000


def copy_of(campaign: Campaign, **own: Any) -> Campaign:
    """Return a draft with everything of the campaign that people set, but for ``own``. In a transaction of the caller.

    What people cannot edit is the state of that campaign, not a setting.
    """
    values = {
        field.attname: getattr(campaign, field.attname)
        for field in Campaign._meta.concrete_fields
        if field.editable and not field.primary_key and field.name not in own
    }
    made = campaign_states.add_draft(**{**values, **own})
    for many in Campaign._meta.many_to_many:
        getattr(made, many.name).set(getattr(campaign, many.name).all())
    for window in campaign.windows.all():
        window.pk, window.campaign = None, made
        window.save(force_insert=True)
    return made


@transaction.atomic
def clone_campaign(*, campaign_id: int, by: str, now: datetime, name: str = "") -> Campaign:
    """Return a draft like the campaign, whatever its state. Dates that are past are left out.

    ``name`` empty: "… (copy)". Raises UnableToOperate for a name that is taken.
    """
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).get(pk=campaign_id)
    wanted = name.strip()[:NAME_LENGTH]
    if wanted and Campaign.objects.filter(name=wanted).exists():
        raise UnableToOperate([f"There is a campaign {wanted} already: choose another name."], code="name_taken")
    dates = {field: at for field in ("starts_at", "ends_at") if (at := getattr(campaign, field)) is None or at > now}
    return copy_of(
        campaign, **{"starts_at": None, "ends_at": None, **dates, "name": wanted or _free_name(campaign), "owner": by}
    )


def _free_name(campaign: Campaign) -> str:
    for number in range(1, MOST_COPIES):
        ending = " (copy)" if number == 1 else f" (copy {number})"
        name = campaign.name[: NAME_LENGTH - len(ending)] + ending
        if not Campaign.objects.filter(name=name).exists():
            return name
    raise UnableToOperate(["It has too many copies: give the new one a name."], code="name_taken")


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
