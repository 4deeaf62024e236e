"""Copies of a campaign: a draft with everything that people set, for a run of it or to begin another one with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import Campaign
from campaigns.states import campaigns as campaign_states

NAME_LENGTH = 150


def copy_campaign(campaign: Campaign, *, name: str, **own: Any) -> Campaign:
    """Insert a draft with the settings, lists, lines and windows of a campaign; ``own``: fields of the copy alone."""
    values = {
        field.attname: getattr(campaign, field.attname)
        for field in Campaign._meta.concrete_fields
        # What people cannot edit is the state of this campaign, not a setting.
        if field.editable and not field.primary_key and field.name not in own
    }
    made = campaign_states.add_draft(**{**values, **own, "name": name})
    for many in Campaign._meta.many_to_many:
        getattr(made, many.name).set(getattr(campaign, many.name).all())
    for window in campaign.windows.all():
        window.pk, window.campaign = None, made
        window.save(force_insert=True)
    return made


@transaction.atomic
def clone_campaign(*, campaign_id: int, name: str = "", by: str = "", now: datetime) -> Campaign:
    """Return a new draft with the settings of a campaign, whatever its state; dates that are past are left out.

    Without a name it is called after the first one. Raises Campaign.DoesNotExist.
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    dates = {field: getattr(campaign, field) for field in ("starts_at", "ends_at")}
    kept = {field: at if at is not None and at > now else None for field, at in dates.items()}
    return copy_campaign(campaign, name=name or free_name(campaign.name), owner=by, **kept)


def free_name(name: str, *, first: str = " (copy)", others: str = " (copy {})") -> str:
    """Return a name that no campaign has: ``name`` with an end of its own."""
    count = 1
    while True:
        end = first if count == 1 else others.format(count)
        wanted = name[: NAME_LENGTH - len(end)] + end
        if not Campaign.objects.filter(name=wanted).exists():
            return wanted
        count += 1
