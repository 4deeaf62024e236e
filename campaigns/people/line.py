"""A person's line: the contacts and leads of one number, and by which clock its times are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from campaigns.models import Contact, Lead, SuppressedNumber
from campaigns.rules.deciding import LeadFacts, contact_zones

#: Of a number that is in more lists or campaigns the latest so many are shown.
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number. ``zones``: where the person may be; ``zone``: the clock by which everything of it is told."""

    number: str
    contacts: Sequence[Contact]
    leads: Sequence[Lead]
    zones: Sequence[str]
    zone: str

    @property
    def name(self) -> str:
        """The name that the latest list has."""
        return next((contact.name for contact in self.contacts if contact.name), "")


def line_of(*, contact: Contact) -> Line:
    """Return the line of a contact, with all that other lists and campaigns have of its number."""
    contacts = Contact.objects.filter(number=contact.number).select_related("contact_list", "contact_import")
    leads = Lead.objects.filter(number=contact.number).select_related("campaign__account", "contact")
    found = list(contacts.order_by("-id")[:MOST])
    named = next((one.time_zone for one in found if one.time_zone), "")
    zones = contact_zones(LeadFacts(number=contact.number, time_zone=named))
    # A person who may be in several zones is told of by the clock of the campaign.
    latest = list(leads.order_by("-id")[:MOST])
    by_campaign = next((lead.campaign.time_zone for lead in latest), "UTC")
    return Line(
        number=contact.number,
        contacts=found,
        leads=latest,
        zones=zones,
        zone=zones[0] if len(zones) == 1 else by_campaign,
    )


def suppressions(*, number: str, now: datetime) -> list[SuppressedNumber]:
    """Return the entries that suppress a number at ``now``."""
    holds = Q(until=None) | Q(until__gt=now)
    return list(SuppressedNumber.objects.filter(holds, number=number).select_related("suppression_list")[:MOST])
