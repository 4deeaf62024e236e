"""A contact is corrected while campaigns run over its list: from then on nobody rings the number that was wrong.

One contact costs one contact, however long its list is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from campaigns.leads.enrolling import hold_enrolling
from campaigns.models import OVER, Campaign, Contact, Lead
from campaigns.rules.other_numbers import other_numbers
from campaigns.rules.retry import FURTHER_NUMBERS
from campaigns.states.campaigns import UnableToOperate
from campaigns.states.corrected import follow_number, forget_further_numbers


def locked(*, contact_id: int) -> Contact:
    """Return a contact as it is now, locked until the transaction ends: another correction may have come since."""
    rows = Contact.objects.select_related("contact_list").select_for_update(no_key=True, of=("self",))
    return rows.get(pk=contact_id)


def make_way(*, contact: Contact, number: str, contact_list_id: int, now: datetime) -> None:
    """Have the contact's waiting leads follow to another number, before it is written, in the same transaction.

    Raises UnableToOperate (``in_use``) while it is on the line; where a campaign is done with it and not over, as that
    would call it again; and on another list when it has any lead.
    """
    with connection.cursor() as cursor:
        # Nobody makes a lead of the old number meanwhile: not as a single call, nor of a list. In this order, as who
        # adds contacts writes them before their leads; and nobody waits for enrolling while an upload holds the row.
        locked(contact_id=contact.pk)
        hold_enrolling(cursor, campaign_ids=_concerned(contact, contact_list_id))
        theirs = Lead.objects.filter(contact=contact).order_by("pk").select_for_update(of=("self",))
        leads = list(theirs.select_related("campaign"))
        if problems := list(_problems(leads, moves=contact_list_id != contact.contact_list_id)):
            raise UnableToOperate(problems, code="in_use")
        waiting = [lead.pk for lead in leads if lead.state == "PENDING"]
        if waiting:
            follow_number(cursor, lead_ids=waiting, number=number, now=now)


def correction_problems(*, contact: Contact) -> list[str]:
    """Return why its number cannot be corrected now; none: ``make_way`` would not refuse at this moment."""
    return list(_problems(list(Lead.objects.filter(contact=contact).select_related("campaign")), moves=False))


def further_numbers_changed(*, before: Contact, after: Contact) -> None:
    """Have no waiting lead ring a further number that the contact has no more; in the transaction that changes it."""
    gone = _further(before) - _further(after)
    if gone:
        with connection.cursor() as cursor:
            forget_further_numbers(cursor, contact_id=after.pk, numbers=sorted(gone))


def _concerned(contact: Contact, contact_list_id: int) -> list[int]:
    over_lists = Q(contact_lists__in=[contact.contact_list_id, contact_list_id])
    campaigns = Campaign.objects.exclude(state__in=OVER).filter(over_lists | Q(leads__contact=contact))
    return sorted(set(campaigns.values_list("pk", flat=True)))


def _problems(leads: list[Lead], *, moves: bool) -> Iterator[str]:
    if moves and leads:
        yield "A campaign has leads of this contact: it stays in its list."
        return
    for lead in leads:
        name = lead.campaign.name
        if lead.state == "DIALING":
            yield f"{name} is calling the contact at this moment: correct the number when the call has ended."
        elif lead.campaign.is_standing and lead.state == "PENDING":
            yield f"{name} has a single call to the number: cancel it, and ask for one to the right number."
        elif lead.state != "PENDING" and lead.campaign.state not in OVER:
            yield (
                f"{name} is done with this contact ({lead.get_state_display().lower()}) and would call it again: "
                "add the right number as a contact of its own to have it called, or correct it when the campaign is "
                "over."
            )


def _further(contact: Contact) -> set[str]:
    names: list[Any] = [FURTHER_NUMBERS, *contact.variables]
    region = contact.contact_list.default_region
    kept = contact.further_numbers
    return set(other_numbers(names=names, variables=contact.variables, further_numbers=kept, region=region))
