"""The first page: what is running, the switchboard when it is off, and what the system checks find."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from campaigns.acts import SEE_CAMPAIGNS, SEE_POSSIBLE_OPT_OUTS
from campaigns.admin.counted import leads_done, with_totals
from campaigns.calls.possible_opt_outs import waiting_count
from campaigns.models import Campaign, CampaignState
from dialer.checks import recent_findings
from dialer.models import ProviderAccount, Switchboard

SHOWN = 20


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add campaigns under way and, for an empty house, the first steps."""
    if not SEE_CAMPAIGNS.may(request.user):
        return context
    under_way = Campaign.objects.filter(
        state__in=(CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED)
    )
    shown = with_totals(under_way.select_related("account").order_by("-state_changed_at", "-id")[:SHOWN])
    context["under_way"] = [(one, leads_done(one.totals)) for one in shown]
    if SEE_POSSIBLE_OPT_OUTS.may(request.user):
        context["to_decide"] = waiting_count()
    context["findings"] = recent_findings() if request.user.is_superuser else ()
    context["board"] = Switchboard.objects.filter(dialing_allowed=False).first()
    context["is_new"] = not ProviderAccount.objects.exists()
    return context
