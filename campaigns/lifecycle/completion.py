"""Turns campaigns over: those that have nobody left to call are completed, those past their end expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.leads.enrolling import begin_enrolling, has_contacts_without_lead
from campaigns.models import Campaign, CampaignNotice, CampaignState, ContactImport, ImportState, Lead
from campaigns.states import campaigns as campaign_states
from campaigns.states import left_over
from dialer.advisory_locks import AdvisoryLock, try_take

#: Longer than any attempt of a campaign lives after its stop.
LOOK_BACK_HOURS = 48


def turn_campaigns(*, now: datetime) -> dict[str, int]:
    """Complete and expire campaigns; returns how many of each. Idempotent."""
    return {"expired_leads": _expire(now), "completed": _complete(now), "canceled_leads": _cancel_left_over(now)}


def _expire(now: datetime) -> int:
    """Leads left over when their campaign's end has passed become EXPIRED; the campaign completes after its calls."""
    over = Campaign.objects.filter(ends_at__lte=now, state__in=[CampaignState.RUNNING, CampaignState.PAUSED])
    return left_over.expire_waiting(campaigns=over, now=now)


def _complete(now: datetime) -> int:
    """RUNNING → COMPLETED, when no lead waits and no upload to its lists is under way.

    Also PAUSED, past its end, or by the dialer itself: there is nobody left for whom a person would resume it.
    """
    ids = list(_without_waiting_leads(_may_complete(now)).values_list("pk", flat=True))
    if not ids:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        # Those that get leads at this moment have their turn later.
        still = [campaign_id for campaign_id in ids if try_take(cursor, AdvisoryLock.ENROL, which=campaign_id)]
        # A callback may just have put a lead back, somebody may have paused it: under the lock, look again.
        locked = Campaign.objects.filter(pk__in=still).order_by("pk").select_for_update(no_key=True)
        idle = _without_waiting_leads(_may_complete(now).filter(pk__in=[campaign.pk for campaign in locked]))
        over = [campaign_id for campaign_id in idle.values_list("pk", flat=True) if not _enrols_again(campaign_id, now)]
        return campaign_states.complete(campaign_ids=over, now=now)


def _may_complete(now: datetime) -> QuerySet[Campaign]:
    going = Q(state=CampaignState.RUNNING, is_standing=False)
    by_itself = Exists(CampaignNotice.objects.filter(campaign=OuterRef("pk"), created_at=OuterRef("state_changed_at")))
    paused = Q(state=CampaignState.PAUSED) & (Q(ends_at__lte=now) | Q(by_itself, is_standing=False))
    return Campaign.objects.filter(going | paused)


def _enrols_again(campaign_id: int, now: datetime) -> bool:
    """Have contacts enrolled that came to a list unseen, as one that was uploaded in the moment of the start."""
    if not has_contacts_without_lead(campaign_id=campaign_id):
        return False
    begin_enrolling(campaign_id=campaign_id, now=now)
    return True


def _cancel_left_over(now: datetime) -> int:
    """Leads that came back to the queue in the moment in which their campaign was stopped are CANCELED after all."""
    stopped = Campaign.objects.filter(
        state=CampaignState.STOPPED, state_changed_at__gte=now - timedelta(hours=LOOK_BACK_HOURS)
    )
    return left_over.cancel_waiting(campaigns=stopped, now=now)


def _without_waiting_leads(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    waiting = Lead.objects.filter(campaign=OuterRef("pk"), state__in=["PENDING", "DIALING"])
    uploads = ContactImport.objects.filter(
        contact_list__campaigns=OuterRef("pk"), state__in=[ImportState.QUEUED, ImportState.RUNNING], is_dry_run=False
    )
    return campaigns.filter(enrolling_after_id=None).exclude(Exists(waiting)).exclude(Exists(uploads))
