"""What the search of every page finds of people, campaigns and calls."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from campaigns.acts import SEE_CALLS, SEE_CAMPAIGNS, SEE_CONTACTS, SEE_SUPPRESSED
from campaigns.leads.numbers import home_regions
from campaigns.models import Attempt, Contact
from campaigns.people import search
from dialer.admin.finding import Found, Hit, finder
from dialer.reader import at_clocks

#: Nobody finds a campaign by one letter.
_LEAST_OF_A_NAME = 2


def _sought(text: str, sees_numbers: bool) -> search.Sought:
    return search.read(text, regions=home_regions(), sees_numbers=sees_numbers)


@finder("People", act=SEE_CONTACTS)
def _people(text: str, sees_numbers: bool) -> Found:
    sought = _sought(text, sees_numbers)
    hits = [_person(contacts) for contacts in search.people(sought)]
    return Found(hits=hits, note="" if hits else sought.note)


def _person(contacts: list[Contact]) -> Hit:
    first = contacts[0]
    name = next((one.name for one in contacts if one.name), "")
    own = next((one.external_reference for one in contacts if one.external_reference), "")
    lists = first.contact_list.name if len(contacts) == 1 else f"{len(contacts)} lists"
    detail = " · ".join(part for part in (first.number if name else "", f"own id {own}" if own else "", lists) if part)
    return Hit(
        title=name or first.number, detail=detail, url=reverse("admin:campaigns_contact_person", args=[first.pk])
    )


@finder("Suppressed", act=SEE_SUPPRESSED)
def _suppressed(text: str, sees_numbers: bool) -> Found:
    entries = search.suppressed(_sought(text, sees_numbers))
    pages = ((one, reverse("admin:campaigns_suppressednumber_change", args=[one.pk])) for one in entries)
    return Found(hits=[Hit(title=one.number, detail=f"on {one.suppression_list}", url=url) for one, url in pages])


@finder("Campaigns", act=SEE_CAMPAIGNS)
def _campaigns(text: str, sees_numbers: bool) -> Found:
    sought = _sought(text, sees_numbers)
    found = search.campaigns(sought) if len(text) >= _LEAST_OF_A_NAME else []
    pages = ((one, reverse("admin:campaigns_campaign_live", args=[one.pk])) for one in found)
    return Found(
        hits=[
            Hit(title=one.name, detail=one.get_state_display(), url=url, in_sandbox=one.in_sandbox)
            for one, url in pages
        ]
    )


@finder("Calls", act=SEE_CALLS)
def _calls(text: str, sees_numbers: bool) -> Found:
    return Found(hits=[_call(one) for one in search.calls(_sought(text, sees_numbers))])


def _call(call: Attempt) -> Hit:
    at = at_clocks(call.placing_at or call.reserved_at, zone=call.campaign.time_zone, now=timezone.now())
    outcome = call.get_outcome_display() if call.outcome else call.get_state_display()
    return Hit(
        title=f"Call #{call.pk} · {outcome}",
        detail=f"{call.number} · {at} · {call.campaign.name}",
        url=reverse("admin:campaigns_attempt_change", args=[call.pk]),
        in_sandbox=call.in_sandbox,
    )
