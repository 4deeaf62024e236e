"""The telephone: accounts at providers, their DIDs and agents, what was synced of them, and their spoken texts."""

from dialer.models.accounts import LONGEST_CALL_SECONDS, ProviderAccount, new_push_token, unreadable_text
from dialer.models.agents import Agent
from dialer.models.answers import KeptAnswer
from dialer.models.api_keys import ApiKey
from dialer.models.archives import Archive, ArchiveState
from dialer.models.audit import AccessKind, AuditEntry, EntryKind
from dialer.models.declared_values import field_problems
from dialer.models.dids import DID, DIDGroup, DIDLimits, e164
from dialer.models.gates import AccountGate
from dialer.models.installation import Installation
from dialer.models.readers import Reader
from dialer.models.result_counts import ResultCount, ResultKind
from dialer.models.switchboard import Switchboard
from dialer.models.synced import AccountSync, ItemKind, NumberQuote, QuoteState, SyncedItem, SyncState
from dialer.models.texts import TextState, TextTemplate
from dialer.models.valid import http_url, valid_base_url, valid_provider, valid_time_zone

__all__ = [
    "DID",
    "LONGEST_CALL_SECONDS",
    "AccessKind",
    "AccountGate",
    "AccountSync",
    "Agent",
    "ApiKey",
    "Archive",
    "ArchiveState",
    "AuditEntry",
    "DIDGroup",
    "DIDLimits",
    "EntryKind",
    "Installation",
    "ItemKind",
    "KeptAnswer",
    "NumberQuote",
    "ProviderAccount",
    "QuoteState",
    "Reader",
    "ResultCount",
    "ResultKind",
    "Switchboard",
    "SyncState",
    "SyncedItem",
    "TextState",
    "TextTemplate",
    "e164",
    "field_problems",
    "http_url",
    "new_push_token",
    "unreadable_text",
    "valid_base_url",
    "valid_provider",
    "valid_time_zone",
]
