"""What the inbox knows of accounts: whether events came for one, and whether its pushes reach us."""

from __future__ import annotations

from datetime import datetime

from dialer.accounts.findings import Finding
from dialer.accounts.use import AccountUse
from dialer.models import ProviderAccount
from webhooks.log_clock_check import log_clock_findings
from webhooks.models import ProviderEvent
from webhooks.push_check import push_findings, result_findings


class InboxUse(AccountUse):
    """Events belong to accounts."""

    def is_account_used(self, account: ProviderAccount) -> bool:
        """Return whether an event came for the account."""
        return ProviderEvent.objects.filter(account=account).exists()

    def findings(self, account: ProviderAccount, *, now: datetime) -> list[Finding]:
        """Judge the address that the provider pushes to, what has come there, and the clock of its call log."""
        return [
            *push_findings(account, now=now),
            *result_findings(account, now=now),
            *log_clock_findings(account, now=now),
        ]
