"""What the live panel of a campaign shows, as JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone

from campaigns.admin.operating import VERBS
from campaigns.explaining.campaigns import MOST_COUNTED
from campaigns.explaining.pauses import paused_itself
from campaigns.explaining.progress import campaign_progress
from campaigns.models import Campaign, Contact, LeadState
from dialer.models import DID, Switchboard
from dialer.providers.vocabulary import in_words


def head(campaign: Campaign, *, may_operate: bool) -> dict[str, Any]:
    """Return the state and the buttons of ``campaign``: what its page shows before anything was counted."""
    itself = paused_itself(campaign)
    return {
        "state": campaign.state,
        "state_label": "Paused itself" if itself else campaign.get_state_display(),
        "tone": "ITSELF" if itself else campaign.state,
        "state_reason": campaign.state_reason,
        "dialing_allowed": not Switchboard.objects.filter(dialing_allowed=False).exists(),
        "verbs": [verb.name for verb in VERBS.values() if may_operate and campaign.state in verb.states],
    }


def contacts_in_lists(campaign: Campaign) -> int:
    """Return how many contacts the lists of a campaign have that has no leads yet; counted up to MOST_COUNTED."""
    return Contact.objects.filter(contact_list__in=campaign.contact_lists.all())[:MOST_COUNTED].count()


def panel(campaign: Campaign, *, may_operate: bool) -> dict[str, Any]:
    """Return the head and the counts of ``campaign``; datetimes are ISO 8601 in UTC."""
    progress = campaign_progress([campaign.pk])[campaign.pk]
    attempts_url = reverse("admin:campaigns_attempt_changelist")
    leads_url = reverse("admin:campaigns_lead_changelist")
    return {
        **head(campaign, may_operate=may_operate),
        "leads": [
            {
                "state": state.value,
                "label": state.label,
                "count": progress.leads_by_state.get(state.value, 0),
                "url": f"{leads_url}?campaign__id__exact={campaign.pk}&state__exact={state.value}",
            }
            for state in LeadState
        ],
        "leads_total": progress.leads_total,
        "attempts": [
            {
                "outcome": str(outcome),
                "label": in_words(outcome),
                "count": count,
                "url": f"{attempts_url}?campaign__id__exact={campaign.pk}&outcome__exact={outcome}",
            }
            for outcome, count in sorted(progress.attempts_by_outcome.items(), key=lambda pair: -pair[1])
        ],
        "attempts_total": progress.attempts_total,
        "calls_without_result": progress.calls_without_result,
        "live_calls": progress.live_calls,
        "live_limit": live_limit(campaign),
        "lines": progress.lines,
        "due_now": progress.due_now,
        "due_now_is_at_least": progress.due_now_is_at_least,
        "next_due_at": progress.next_due_at.isoformat() if progress.next_due_at else None,
        "waiting_for": progress.waiting_for,
        "contacts_to_enrol": progress.contacts_to_enrol,
        "leads_held": progress.leads_held,
        "as_of": timezone.now().isoformat(),
    }


def live_limit(campaign: Campaign) -> int | None:
    """Return the most calls that campaign, account, DIDs and agents allow at one time; None: no limit is set."""
    limits = [campaign.max_live_calls, campaign.account.max_live_calls]
    own = DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign), is_active=True).distinct()
    dids = sum(own.values_list("max_live_calls", flat=True)) if own.exists() else None
    agents = campaign.agents.usable(now=timezone.now()).aggregate(most=Sum("max_live_calls"))["most"]
    known = [limit for limit in (*limits, dids, agents) if limit is not None]
    return min(known) if known else None
