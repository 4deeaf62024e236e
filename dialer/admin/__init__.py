"""The admin of the telephone: accounts, DIDs, agents, users. The switchboard is in campaigns.admin."""

import dialer.admin.watches  # noqa: F401  # it registers what is watched
from dialer.admin.accounts import ProviderAccountAdmin
from dialer.admin.archives import ArchiveAdmin
from dialer.admin.audit import AuditAdmin
from dialer.admin.buying import NumberQuoteAdmin
from dialer.admin.failed_logins import FailedLoginAdmin
from dialer.admin.keys import ApiKeyAdmin
from dialer.admin.lines import AgentAdmin, DIDAdmin
from dialer.admin.people import DialerGroupAdmin, DialerUserAdmin
from dialer.admin.synced import SyncedItemAdmin
from dialer.admin.texts import TextTemplateAdmin

__all__ = [
    "AgentAdmin",
    "ApiKeyAdmin",
    "ArchiveAdmin",
    "AuditAdmin",
    "DIDAdmin",
    "DialerGroupAdmin",
    "DialerUserAdmin",
    "FailedLoginAdmin",
    "NumberQuoteAdmin",
    "ProviderAccountAdmin",
    "SyncedItemAdmin",
    "TextTemplateAdmin",
]
