"""The admin of campaigns, contacts, leads and attempts, and its first page."""

from django.contrib import admin

import campaigns.admin.finders  # it registers what the search finds
import campaigns.admin.page_words  # it registers the words of pages
import campaigns.admin.watches  # noqa: F401  # it registers what is watched
from campaigns.admin.attempts import AttemptAdmin
from campaigns.admin.campaigns import CampaignAdmin
from campaigns.admin.erasures import ErasureAdmin
from campaigns.admin.evidence import LimitSpanAdmin, RulesVersionAdmin, SkipAdmin
from campaigns.admin.happenings import CallbackAdmin, CampaignNoticeAdmin, CampaignRunAdmin, OptOutAdmin
from campaigns.admin.hosting import HostedDialerAdmin
from campaigns.admin.imports import ContactImportAdmin
from campaigns.admin.jobs import ImportSourceAdmin, JobRunAdmin
from campaigns.admin.leads import LeadAdmin
from campaigns.admin.lists import ContactAdmin, ContactListAdmin
from campaigns.admin.notes import CallNoteAdmin
from campaigns.admin.numbers import NumberExceptionAdmin
from campaigns.admin.possible_opt_outs import PossibleOptOutAdmin
from campaigns.admin.profiles import RulesProfileAdmin
from campaigns.admin.saved_filters import SavedFilterAdmin
from campaigns.admin.suppression import SuppressedNumberAdmin, SuppressionListAdmin
from campaigns.admin.switchboard import SwitchboardAdmin
from campaigns.admin.templates import CallTemplateAdmin

admin.site.index_template = "admin/campaigns/index.html"

__all__ = [
    "AttemptAdmin",
    "CallNoteAdmin",
    "CallTemplateAdmin",
    "CallbackAdmin",
    "CampaignAdmin",
    "CampaignNoticeAdmin",
    "CampaignRunAdmin",
    "ContactAdmin",
    "ContactImportAdmin",
    "ContactListAdmin",
    "ErasureAdmin",
    "HostedDialerAdmin",
    "ImportSourceAdmin",
    "JobRunAdmin",
    "LeadAdmin",
    "LimitSpanAdmin",
    "NumberExceptionAdmin",
    "OptOutAdmin",
    "PossibleOptOutAdmin",
    "RulesProfileAdmin",
    "RulesVersionAdmin",
    "SavedFilterAdmin",
    "SkipAdmin",
    "SuppressedNumberAdmin",
    "SuppressionListAdmin",
    "SwitchboardAdmin",
]
