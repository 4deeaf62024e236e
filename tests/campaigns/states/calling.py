"""What goes on at once in a house that calls: claims, ends, late words, stops, callbacks, leads that drip in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction

from campaigns.leads.callbacks import set_callback
from campaigns.leads.enrolling import enrol_contacts
from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, Campaign, Contact, Lead
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from campaigns.states import attempts as attempt_states
from campaigns.states.campaigns import UnableToOperate
from dialer.models import ProviderAccount
from dialer.providers.base import Accepted
from tests.campaigns.states.racing import ANSWERED, BUSY, own_connection
from tests.campaigns.world import NOON, claimed, numbers, set_fleet

LEADS, BATCH, TURNS = 100, 25, 15
CALL_ME_BACK = replace(BUSY, disposition="CALLBACK")
VOICEMAIL = replace(BUSY, disposition="voicemail")
#: BUSY is called again at once, and so is a call that was LOST.
RULES = {"BUSY": 0, "LOST": 0, "disposition:voicemail": {"delays": [0], "most": 3}}


def place(owner: ProviderAccount, *, now: datetime = NOON) -> list[int]:
    """Claim calls of an account and have the provider take them; return the attempts."""
    reserved = claimed(owner, now=now, room=BATCH).reserved
    ids = [call.attempt_id for call in reserved]
    with transaction.atomic(), connection.cursor() as cursor:
        going = attempt_states.begin_placing(cursor, account_id=owner.pk, attempt_ids=ids)
    # By this test's clock, so that who is called again is due at once.
    Attempt.objects.filter(pk__in=going).update(placing_at=now)
    calls = [call for call in reserved if call.attempt_id in going]
    accepted = [
        Placed(
            attempt_id=call.attempt_id,
            account_id=owner.pk,
            campaign_id=call.campaign.id,
            result=Accepted(external_id=f"call-{call.attempt_id}"),
        )
        for call in calls
    ]
    if accepted:
        record(results=accepted, now=now)
    return [call.attempt_id for call in calls]


def calling(owner: ProviderAccount, chance: Random) -> None:
    """Call; of each batch some are answered, some busy, some ask for a callback, and of some nothing is heard."""
    for _ in range(TURNS):
        ids = place(owner)
        chance.shuffle(ids)
        reports = [chance.choice([ANSWERED, BUSY, BUSY, CALL_ME_BACK, None]) for _ in ids]
        settle(reports=[(pk, report) for pk, report in zip(ids, reports, strict=True) if report], now=NOON)
        silent = [pk for pk, report in zip(ids, reports, strict=True) if report is None]
        Attempt.objects.filter(pk__in=silent, ended_at=None).update(deadline_at=NOON - timedelta(seconds=1))


def telling_late(chance: Random) -> None:
    """Tell of calls that have ended: that one was answered after all, or what an agent typed after it."""
    for _ in range(TURNS):
        ids = list(Attempt.objects.filter(state="ENDED").values_list("id", flat=True))
        some = chance.sample(ids, min(len(ids), BATCH))
        settle(reports=[(pk, chance.choice([ANSWERED, VOICEMAIL, CALL_ME_BACK])) for pk in some], now=NOON)


def turning() -> None:
    for _ in range(TURNS):
        reconcile(now=NOON)
        turn_campaigns(now=NOON)


def operating(stopped: Campaign, expiring: Campaign, chance: Random) -> None:
    """Have leads called back; stop one campaign, and let the end of another pass, in the midst of it."""
    for turn in range(TURNS):
        lead_id = chance.choice(list(Lead.objects.values_list("id", flat=True)))
        try:
            set_callback(lead_id=lead_id, at=NOON, by="Asha", now=NOON)
        except UnableToOperate:
            continue
        finally:
            if turn == TURNS // 3:
                operations.stop_campaign(campaign_id=stopped.pk, now=NOON, by="Asha")
            if turn == TURNS // 2:
                Campaign.objects.filter(pk=expiring.pk).update(ends_at=NOON)


def dripping(made: Campaign) -> None:
    """Add leads one by one until the campaign is over."""
    contact_list = made.contact_lists.get()
    for number in numbers(TURNS):
        contact = Contact.objects.create(contact_list=contact_list, number=number)
        try:
            enrol_contacts(campaign_id=made.pk, contact_ids=[contact.pk], due_at=NOON)
        except UnableToOperate:
            contact.delete()


def all_at_once(works: list[Callable[[], Any]]) -> None:
    """Run these in threads that begin together. Raises what one raised."""
    together = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        together.wait(10)
        return own_connection(work)

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result()


def until_nobody_is_called(owners: list[ProviderAccount]) -> None:
    """Call whoever waits still, with everybody answering, until no attempt is live and every campaign is over."""
    now = NOON + timedelta(hours=2)  # when the callbacks are due
    for owner in owners:
        set_fleet(owner, available=1000, at=now)
    for _ in range(100):
        Attempt.objects.filter(ended_at=None).update(deadline_at=now - timedelta(seconds=1))
        reconcile(now=now)
        turn_campaigns(now=now)
        if not (Campaign.objects.filter(state="RUNNING") or Attempt.objects.filter(ended_at=None)):
            return
        ids = [attempt_id for owner in owners for attempt_id in place(owner, now=now)]
        settle(reports=[(attempt_id, ANSWERED) for attempt_id in ids], now=now)
    raise AssertionError("calls have no end")
