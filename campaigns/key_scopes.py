"""What of campaigns each scope of an API key lets through, and what a key may be limited to certain ones of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from campaigns.models import Campaign, ContactList
from dialer.acts.telephone import SEE_NUMBERS
from dialer.keys.scopes import Limit, register_limit, register_scope, rights_over

APP = "campaigns"
WHOLE_NUMBERS = set(SEE_NUMBERS.rights)


class CampaignLimit(Limit):
    """Certain campaigns, with their runs."""

    name = "campaigns"
    model = Campaign

    @classmethod
    def covered(cls, ids: Collection[int]) -> QuerySet[Any]:
        """Return the campaigns and their runs."""
        return Campaign.objects.filter(Q(pk__in=ids) | Q(parent__in=ids)).values("pk")


class ListLimit(Limit):
    """Certain contact lists."""

    name = "lists"
    model = ContactList


def register() -> None:
    """Tell the scopes and limits; once, when the app starts."""
    register_limit(CampaignLimit)
    register_limit(ListLimit)
    lists = ("contactlist", "contact", "contactimport", "importsource", "suppressionlist", "suppressednumber")
    register_scope(
        "upload",
        said="Contacts and suppressed numbers: look, add, change, import. Deletes nothing.",
        rights=rights_over(APP, lists, ("view", "add", "change")) | WHOLE_NUMBERS,
    )
    run = ("campaign", "campaignwindow", "calltemplate", "lead", "callback", "callnote", "possibleoptout")
    seen = ("attempt", "campaignrun", "campaignnotice", "contact", "contactlist", "rulesprofile", "skip", "limitspan")
    register_scope(
        "campaigns",
        said="Campaigns, templates, leads and callbacks: make, change, start, pause and stop them; single calls.",
        rights=rights_over(APP, run) | rights_over(APP, seen, ("view",)) | WHOLE_NUMBERS,
    )
    told = ("attempt", "lead", "campaign", "callback", "callnote", "optout", "feedentry", *seen)
    register_scope(
        "results",
        said="Results, notices, exports and recordings of calls: look and listen.",
        rights=rights_over(APP, told, ("view",)) | {f"{APP}.download_recording"} | WHOLE_NUMBERS,
    )
