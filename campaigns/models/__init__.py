"""Lists, contacts, suppression, templates, campaigns, leads and attempts."""

from campaigns.models.attempts import LEAD_ENDS, Attempt, AttemptState, Lead, LeadState
from campaigns.models.campaigns import CallTemplate, Campaign, CampaignState
from campaigns.models.contacts import (
    Contact,
    ContactImport,
    ContactList,
    IfDuplicate,
    ImportChunk,
    ImportRefusal,
    ImportState,
    SuppressedNumber,
    SuppressionList,
)

__all__ = [
    "LEAD_ENDS",
    "Attempt",
    "AttemptState",
    "CallTemplate",
    "Campaign",
    "CampaignState",
    "Contact",
    "ContactImport",
    "ContactList",
    "IfDuplicate",
    "ImportChunk",
    "ImportRefusal",
    "ImportState",
    "Lead",
    "LeadState",
    "SuppressedNumber",
    "SuppressionList",
]
