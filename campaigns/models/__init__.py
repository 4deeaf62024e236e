"""Lists, contacts, suppression, templates, campaigns, leads and attempts."""

from campaigns.models.attempts import Attempt, AttemptState
from campaigns.models.calling import HoursFollow
from campaigns.models.campaigns import OVER, Campaign, CampaignState, RunsOn
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
from campaigns.models.counts import CountChange, CountCheck, Counted, KeptCount
from campaigns.models.did_calls import DIDCalls
from campaigns.models.erasures import Erasure, ErasureState
from campaigns.models.evidence import LimitSpan, RulesVersion, Skip
from campaigns.models.feed import FeedEntry, FeedKind, FeedStart
from campaigns.models.first_steps import FirstSteps
from campaigns.models.fleet import FleetBoundUse
from campaigns.models.happenings import Callback, CampaignNotice, CampaignRun, NoticeKind, OptOut
from campaigns.models.hosting import BatchState, HostedBatch, HostedDialer, HostedNumber, HostedSwitch
from campaigns.models.jobs import ImportSource, JobRun
from campaigns.models.leads import LEAD_ENDS, Lead, LeadState
from campaigns.models.notes import CallNote, NoteState
from campaigns.models.numbers import NumberException
from campaigns.models.past_limits import LimitOf, PastLimit
from campaigns.models.possible_opt_outs import OptOutDecision, PossibleOptOut
from campaigns.models.preflights import PreflightRun, PreflightState
from campaigns.models.profiles import Purpose, RulesProfile
from campaigns.models.rehearsals import Rehearsal
from campaigns.models.saved_filters import FilteredRows, SavedFilter, filter_of_address
from campaigns.models.templates import Approval, CallTemplate
from campaigns.models.windows import CallingWindow, set_windows

__all__ = [
    "LEAD_ENDS",
    "OVER",
    "Approval",
    "Attempt",
    "AttemptState",
    "BatchState",
    "CallNote",
    "CallTemplate",
    "Callback",
    "CallingWindow",
    "Campaign",
    "CampaignNotice",
    "CampaignRun",
    "CampaignState",
    "Contact",
    "ContactImport",
    "ContactList",
    "CountChange",
    "CountCheck",
    "Counted",
    "DIDCalls",
    "Erasure",
    "ErasureState",
    "FeedEntry",
    "FeedKind",
    "FeedStart",
    "FilteredRows",
    "FirstSteps",
    "FleetBoundUse",
    "HostedBatch",
    "HostedDialer",
    "HostedNumber",
    "HostedSwitch",
    "HoursFollow",
    "IfDuplicate",
    "ImportChunk",
    "ImportRefusal",
    "ImportSource",
    "ImportState",
    "JobRun",
    "KeptCount",
    "Lead",
    "LeadState",
    "LimitOf",
    "LimitSpan",
    "NoteState",
    "NoticeKind",
    "NumberException",
    "OptOut",
    "OptOutDecision",
    "PastLimit",
    "PossibleOptOut",
    "PreflightRun",
    "PreflightState",
    "Purpose",
    "Rehearsal",
    "RulesProfile",
    "RulesVersion",
    "RunsOn",
    "SavedFilter",
    "Skip",
    "SuppressedNumber",
    "SuppressionList",
    "filter_of_address",
    "set_windows",
]
