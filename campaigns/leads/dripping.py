"""Contacts added to a campaign while it runs, one by one or by the hundred: rows of an import become leads at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from campaigns.acts import DRIP
from campaigns.doorbells import ring_campaign
from campaigns.leads.enrolling import enrol_contacts, enrol_imported
from campaigns.leads.numbers import read_number
from campaigns.models import Campaign, CampaignState, Contact, ContactImport, ContactList, Lead
from campaigns.states.campaigns import UnableToOperate
from dialer.audit import record, unchanged

TAKES_LEADS = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
#: Why a row became no contact, where its number is in the list all the same.
THERE_BEFORE = ("DUPLICATE_IN_LIST", "DUPLICATE_IN_FILE")


class UnclearList(ValueError):
    """It is not clear to which list of the campaign the rows go; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dripped:
    """What became of the rows: all their leads in the campaign, new or there before, and how many of them are new."""

    leads: list[Lead]
    added: int


def list_for(*, campaign: Campaign, chosen: ContactList | None) -> ContactList:
    """Return the list that rows go to: ``chosen``, or the campaign's only one. Raises UnclearList, UnableToOperate."""
    if campaign.state not in TAKES_LEADS:
        raise UnableToOperate([f"It is {campaign.get_state_display().lower()}: it takes no leads."])
    lists = list(campaign.contact_lists.all())
    if chosen is None and len(lists) == 1:
        return lists[0]
    if chosen is None:
        raise UnclearList("The campaign has several lists: say which one.")
    if chosen not in lists:
        raise UnclearList("This list is not one of the campaign's.")
    return chosen


@transaction.atomic
def drip(*, campaign: Campaign, contact_import: ContactImport, due_at: datetime | None, now: datetime) -> Dripped:
    """Make leads of the rows of an import that is read, due at ``due_at`` (None: now), and of new contacts elsewhere.

    A number that was in the list before becomes a lead of this campaign as well, unless it is one. A campaign that is
    over gets no further leads: what is asked again is told what became of it the first time.
    """
    ids, added = _contact_ids(contact_import), 0
    if campaign.state in TAKES_LEADS:
        # This campaign first, as its leads are due when the caller says; then the others that run over the list.
        added = enrol_contacts(campaign_id=campaign.pk, contact_ids=ids, due_at=due_at or now)
        enrol_imported(contact_list_id=contact_import.contact_list_id, import_id=contact_import.pk, now=now)
    if added:
        record(act=DRIP.name, what="Contacts added", subject=campaign, rows=added, now=now)
    else:
        unchanged()
    ring_campaign(campaign)
    numbers = Contact.objects.filter(pk__in=ids).values("number")
    leads = Lead.objects.select_related("contact").filter(campaign=campaign, number__in=numbers).order_by("id")
    return Dripped(leads=list(leads), added=added)


def _contact_ids(taken: ContactImport) -> list[int]:
    """Return the contacts of an import's rows: those it made, and those that were in the list before."""
    ids = set(taken.contacts.values_list("id", flat=True))
    contact_list = taken.contact_list
    spellings = [refusal.row.get(refusal.field, "") for refusal in taken.refusals.filter(code__in=THERE_BEFORE)]
    numbers = [read_number(str(spelling), region=contact_list.default_region) for spelling in spellings]
    there = contact_list.contacts.filter(number__in=[number for number in numbers if isinstance(number, str)])
    return sorted(ids | set(there.values_list("id", flat=True)))
