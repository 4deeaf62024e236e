"""Makes leads of contacts: one lead a number in a campaign, however many lists hold it.

A list is enrolled in pieces, each a transaction of its own, so that the first calls of a large one leave at once and a
crash costs a piece: ``Campaign.enrolling_after_id`` says how far it came. The first piece belongs to the start itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, Value
from django.db.models.functions import Coalesce, Least

from campaigns.doorbells import ring_campaign, ring_enrolling
from campaigns.leads.due_times import Due, first_due, first_due_by_contact
from campaigns.models import OVER, Campaign, CampaignState, Contact
from campaigns.rules.campaign import read_rules
from campaigns.rules.order import NORMAL_PRIORITY, Lane, rank
from campaigns.rules.ruleset import CampaignRules
from campaigns.states import new_leads
from campaigns.states.campaigns import UnableToOperate
from campaigns.states.new_leads import Contacts, Piece
from dialer.advisory_locks import AdvisoryLock, take, try_take

#: Contacts in one piece: a fraction of a second of PostgreSQL. Who starts a campaign waits for the first.
FIRST_PIECE, PIECE = 10_000, 20_000

# List by list, as an index gives the next contacts of one list without looking at those of others.
_PIECE = """
SELECT count(*), min(id), max(id), ARRAY(
SELECT contactlist_id FROM campaigns_campaign_contact_lists WHERE campaign_id = %(campaign)s)
  FROM (
SELECT p.id FROM campaigns_campaign_contact_lists cl
 CROSS JOIN LATERAL (SELECT c.id FROM campaigns_contact c
                      WHERE c.contact_list_id = cl.contactlist_id AND c.id > %(after)s
                      ORDER BY c.id LIMIT %(most)s) p
 WHERE cl.campaign_id = %(campaign)s
 ORDER BY p.id LIMIT %(most)s) piece
"""
# "+ 0" keeps the planner from the indexes that begin with the campaign: of one that has just grown it knows nothing
# yet, and would go through all its leads for each contact.
_NOT_ENROLLED = """
SELECT EXISTS (
    SELECT 1 FROM campaigns_contact c
     WHERE c.contact_list_id IN (SELECT contactlist_id FROM campaigns_campaign_contact_lists
                                  WHERE campaign_id = %(campaign)s)
       AND c.number LIKE '+%%'
       AND NOT EXISTS (SELECT 1 FROM campaigns_lead l
                        WHERE l.number = c.number AND l.campaign_id + 0 = %(campaign)s))
"""


def begin_enrolling(*, campaign_id: int, now: datetime, after_id: int = 0) -> int:
    """Have a lead made of every contact of the campaign's lists that has none yet; return how many are made already.

    The first piece is enrolled here, the rest by ``enrol_next``. ``after_id``: contacts up to this id have theirs.
    """
    Campaign.objects.filter(pk=campaign_id).update(
        enrolling_after_id=Least(Coalesce(F("enrolling_after_id"), Value(after_id)), Value(after_id))
    )
    made = enrol_next(campaign_id=campaign_id, now=now, most=FIRST_PIECE)
    ring_enrolling()
    return made or 0


@transaction.atomic
def enrol_next(*, campaign_id: int, now: datetime, most: int | None = None, waits_for_disk: bool = True) -> int | None:
    """Enrol the next piece, of ``most`` contacts at most (``PIECE``); return how many leads it made, or None when
    nothing is left or another is at it.

    Its transaction, where it is one of its own, need not wait for the disk: should the machine fail in this moment, the
    leads are gone together with how far it came, and are made again. Who reserves one of them waits for the disk, which
    has then taken all that was written before.
    """
    most = most or PIECE
    with connection.cursor() as cursor:
        if not waits_for_disk:
            cursor.execute("SET LOCAL synchronous_commit = off")
        if not try_take(cursor, AdvisoryLock.ENROL, which=campaign_id):
            return None
        # Not locked for the length of the piece, as pausing must not wait for it.
        campaign = Campaign.objects.filter(pk=campaign_id, enrolling_after_id__isnull=False)
        after = campaign.values_list("enrolling_after_id", flat=True).first()
        if after is None:
            return None
        cursor.execute(_PIECE, {"campaign": campaign_id, "after": after, "most": most})
        found, first, last, lists = cursor.fetchone()
        piece = Piece(list_ids=lists, first_id=first, last_id=last)
        made = _enrol(cursor, campaign_id=campaign_id, contacts=piece, due_at=now) if found else 0
    reached = last if found == most else None
    # Unless somebody has just asked to begin earlier.
    campaign.filter(enrolling_after_id=after).update(enrolling_after_id=reached)
    return made


def enrol_waiting(*, now: datetime) -> bool:
    """Enrol the next piece of every campaign that has one; return whether this enrolled any, so that more may wait."""
    is_progress = False
    for campaign in Campaign.objects.filter(enrolling_after_id__isnull=False).order_by("pk"):
        if (made := enrol_next(campaign_id=campaign.pk, now=now, waits_for_disk=False)) is not None:
            is_progress = True
            if made:
                ring_campaign(campaign)
    return is_progress


def has_contacts_without_lead(*, campaign_id: int) -> bool:
    """Return whether a list of the campaign holds a number that is no lead of it."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_ENROLLED, {"campaign": campaign_id})
        return bool(cursor.fetchone()[0])


def enrol_contacts(
    *, campaign_id: int, contact_ids: Sequence[int], due_at: datetime, priority: int = NORMAL_PRIORITY
) -> int:
    """Make leads of these contacts, due at ``due_at``; return how many are new.

    Raises UnableToOperate where the campaign is over, ValueError on the priority.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Who completes campaigns passes this one over, or has done so: read after the lock, the state holds.
        take(cursor, AdvisoryLock.ENROL, which=campaign_id)
        campaign = Campaign.objects.get(pk=campaign_id)
        if campaign.state in OVER:
            raise UnableToOperate([f"It is {campaign.get_state_display().lower()}: it takes no leads."])
        return _enrol(cursor, campaign_id=campaign_id, contacts=contact_ids, due_at=due_at, priority=priority)


def enrol_imported(*, contact_list_id: int, import_id: int, now: datetime) -> int:
    """Have leads made of an import's new contacts in every campaign that runs over the list; return how many are."""
    first_id = Contact.objects.filter(contact_import=import_id).aggregate(first=Min("id"))["first"]
    return enrol_new(contact_list_id=contact_list_id, first_id=first_id, now=now) if first_id is not None else 0


def enrol_new(*, contact_list_id: int, first_id: int, now: datetime) -> int:
    """Have leads made of contacts that have come to a list, from this id on, in every campaign that runs over it.

    In the transaction in which they come; return how many are made already.
    """
    enrolled = 0
    open_ones = Campaign.objects.filter(contact_lists=contact_list_id).exclude(state__in=OVER)
    # Locked, so that none of them is completed before it has these leads; and before its state is looked at, as a start
    # holds the lock: it is over, so that the campaign runs, or it begins later, and sees these contacts.
    for campaign in open_ones.order_by("pk").select_for_update(no_key=True, of=("self",)):
        if campaign.state != CampaignState.RUNNING:
            continue
        enrolled += begin_enrolling(campaign_id=campaign.pk, now=now, after_id=first_id - 1)
        ring_campaign(campaign)
    return enrolled


def hold_enrolling(cursor: Any, *, campaign_ids: Collection[int]) -> None:
    """Keep others from making leads in these campaigns until the transaction ends. Before any lead is locked."""
    for campaign_id in sorted(campaign_ids):
        take(cursor, AdvisoryLock.ENROL, which=campaign_id)


def enrol_changed(*, contact: Contact, now: datetime) -> int:
    """Make leads of one contact that is new to a list, or has another number; return how many are made.

    In the transaction that changes it, which holds the enrolling of the campaigns over the list. The contact may be an
    old one: no piece begins at it, as the list would be walked again from there.
    """
    made = 0
    running = Campaign.objects.filter(contact_lists=contact.contact_list_id, state=CampaignState.RUNNING)
    with connection.cursor() as cursor:
        for campaign in running.order_by("pk"):
            made += _enrol(cursor, campaign_id=campaign.pk, contacts=[contact.pk], due_at=now)
            ring_campaign(campaign)
    return made


def _enrol(
    cursor: Any,
    *,
    campaign_id: int,
    contacts: Contacts,
    due_at: datetime,
    priority: int = NORMAL_PRIORITY,
) -> int:
    rules = read_rules(cursor, campaign_ids=[campaign_id])[campaign_id]
    place = rank(lane=Lane.FIRST_PASS, priority=priority)
    dues = _dues(cursor, rules=rules, contacts=contacts, due_at=due_at)
    are_new = isinstance(contacts, Piece) and new_leads.are_likely_new(cursor, contacts, campaign_id=campaign_id)
    values: dict[str, Any] = {"campaign_id": campaign_id, "rank": place, "are_new": are_new}
    return sum(
        new_leads.enrol(cursor, contacts=who, due_at=due.at, reason=due.reason, **values) for due, who in dues.items()
    )


def _dues(cursor: Any, *, rules: CampaignRules, contacts: Contacts, due_at: datetime) -> Mapping[Due, Contacts]:
    """Return the contacts by when their leads are due: a permitted instant, so that they say for when they wait."""
    if rules.problem or not rules.needs_contact:
        return {first_due(rules=rules, at=due_at): contacts}
    which, values = new_leads.which(contacts)
    cursor.execute(f"SELECT c.id, c.number, c.time_zone FROM campaigns_contact c WHERE {which} ORDER BY c.id", values)  # noqa: S608
    return first_due_by_contact(rules=rules, contacts=cursor.fetchall(), at=due_at)
