"""What was done to a campaign and what it did by itself: the entries of the audit, and its notices, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from campaigns.acts import SEE_NOTICES
from campaigns.admin.tabs import LOG, tab_page
from campaigns.models import CampaignNotice
from dialer.acts.telephone import SEE_AUDIT
from dialer.admin.audit_words import shown
from dialer.admin.audited import SHOWN, latest_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class CampaignLog(_Admin):
    """Mixin of the campaign's pages: its log is a tab."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the tab; to each what he may see of it."""
        campaign = self.get_object(request, unquote(object_id))
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        may_see_audit, may_see_notices = SEE_AUDIT.may(request.user), SEE_NOTICES.may(request.user)
        if not may_see_audit and not may_see_notices:
            raise PermissionDenied
        entries = latest_of(request, campaign) if may_see_audit else []
        notices = (
            list(CampaignNotice.objects.filter(campaign=campaign).order_by("-id")[:SHOWN]) if may_see_notices else []
        )
        lines: list[dict[str, Any]] = [{"at": one.at, "entry": shown(one)} for one in entries]
        lines += [{"at": one.created_at, "notice": one} for one in notices]
        context = {
            **tab_page(request, campaign, tab=LOG),
            "object": campaign,
            "lines": sorted(lines, key=lambda line: line["at"], reverse=True)[:SHOWN],
            "all_entries": f"{reverse('admin:dialer_auditentry_changelist')}?q=campaign:{campaign.pk}"
            if may_see_audit
            else "",
            "all_notices": f"{reverse('admin:campaigns_campaignnotice_changelist')}?campaign__id__exact={campaign.pk}"
            if may_see_notices
            else "",
            **(extra_context or {}),
        }
        return render(request, "admin/campaigns/log.html", context)
