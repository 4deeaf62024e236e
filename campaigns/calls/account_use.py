"""Which accounts and lines campaigns use, and how many calls are live on each."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Model, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from campaigns.claiming.readiness_reading import stopped
from campaigns.models import Attempt, Campaign
from campaigns.settling.call_lengths import longest_call_of_account
from dialer.accounts.longest_call import LongestCall
from dialer.accounts.use import AccountUse
from dialer.models import DID, Agent, DIDGroup, ProviderAccount
from dialer.sql import hot_cursor

#: The field by which attempts name a row of each.
_NAMED_BY: dict[type[Model], str] = {ProviderAccount: "account", DID: "did", Agent: "agent"}

#: The field by which campaigns take a row of each.
_TAKEN_BY: dict[type[Model], str] = {ProviderAccount: "account", DID: "dids", DIDGroup: "did_groups", Agent: "agents"}


def live_calls(model: type[Model]) -> Combinable:
    """Return an expression for the live attempts of a row of accounts, DIDs or agents.

    One look into the small index of live attempts per row; a join would read every attempt there ever was.
    """
    own = _NAMED_BY[model]
    account = "pk" if own == "account" else "account_id"
    live = Attempt.objects.filter(**{"account": OuterRef(account), own: OuterRef("pk"), "ended_at": None})
    counted = live.order_by().values(own).annotate(live=Count("pk")).values("live")
    return Coalesce(Subquery(counted), 0)


class CampaignUse(AccountUse):
    """Campaigns place calls with accounts, DIDs and agents."""

    def is_account_used(self, account: ProviderAccount) -> bool:
        """Return whether the account has campaigns."""
        return Campaign.objects.filter(account=account).exists()

    def are_lines_used(self, account: ProviderAccount) -> bool:
        """Return whether the account has campaigns: any of them may have called with any line."""
        return self.is_account_used(account)

    def users_of(self, row: ProviderAccount | DID | DIDGroup | Agent) -> list[str]:
        """Return the campaigns that call with it."""
        theirs = Campaign.objects.filter(**{_TAKEN_BY[type(row)]: row})
        return list(theirs.order_by("name").values_list("name", flat=True))

    def stopped(self, account: ProviderAccount, *, now: datetime) -> list[str]:
        """Return the campaigns of the account that run and cannot call as they are set now, each with the reason."""
        theirs = Campaign.objects.filter(Q(account=account) | Q(fallback_account=account))
        with hot_cursor() as cursor:
            return stopped(cursor, campaigns=theirs, now=now)

    def live_calls(self, model: type[Model]) -> Combinable:
        """Count live attempts."""
        return live_calls(model)

    def longest_call(self, account: ProviderAccount) -> LongestCall:
        """Return the longest call that the latest attempts suggest."""
        return longest_call_of_account(account)
