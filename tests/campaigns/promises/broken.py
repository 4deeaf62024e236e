"""Ways to break each promise in the tables, by the check that has to find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.models import (
    Attempt,
    Campaign,
    CampaignState,
    Contact,
    ContactImport,
    FeedEntry,
    Lead,
    PastLimit,
    PossibleOptOut,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.states.campaigns import move
from dialer.acts.telephone import TURN_SWITCH
from dialer.audit import record
from dialer.models import DID, ProviderAccount, Switchboard
from tests.campaigns import world
from webhooks.models import ProviderEvent

NOON = world.NOON
LATER = NOON + timedelta(hours=6)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def called(made: Campaign, *, at: datetime = NOON, lasted: float = 30, **given: Any) -> Attempt:
    """Return a call that claiming allowed, begun at an instant and ended as it should: with its result told."""
    attempt = world.place(made, now=at)
    values = {"state": "ENDED", "outcome": "ANSWERED", "is_burned": True, "placing_at": at, "reserved_at": at}
    Attempt.objects.filter(pk=attempt.pk).update(**{**values, "ended_at": at + seconds(lasted), **given})
    Lead.objects.filter(pk=attempt.lead_id).update(state="COMPLETED", ended_at=at + seconds(lasted))
    FeedEntry.objects.create(kind="RESULT", attempt_id=attempt.pk)
    return Attempt.objects.get(pk=attempt.pk)


def beyond_did(made: Campaign) -> None:
    DID.objects.update(max_live_calls=1)
    PastLimit.objects.update(until_at=NOON - seconds(60))
    called(made)
    called(made, at=NOON + seconds(10))


def beyond_account(made: Campaign) -> None:
    called(made)
    called(made, at=NOON + seconds(10))
    ProviderAccount.objects.update(max_live_calls=1)
    PastLimit.objects.update(until_at=NOON - seconds(60))


def two_of_a_lead(made: Campaign) -> None:
    first, second = called(made), called(made, at=NOON + seconds(10))
    Attempt.objects.filter(pk=second.pk).update(lead_id=first.lead_id)


def two_of_a_number(made: Campaign) -> None:
    first, second = called(made), called(made, at=NOON + seconds(10))
    Attempt.objects.filter(pk=second.pk).update(number=first.number)


def before_nine(made: Campaign) -> None:
    Campaign.objects.update(window_opens="09:00")
    attempt = called(made)
    at = NOON.replace(hour=8, minute=59, second=59)
    Attempt.objects.filter(pk=attempt.pk).update(placing_at=at, ended_at=at + seconds(9))


def blind(made: Campaign) -> None:
    first = called(made, outcome="LOST")
    second = called(made, at=NOON + seconds(600))
    Attempt.objects.filter(pk=second.pk).update(lead_id=first.lead_id)


def beyond_cap(made: Campaign) -> None:
    Campaign.objects.update(caps=[{"calls": 1, "hours": 24}])
    first = called(made)
    second = called(made, at=NOON + seconds(3600))
    Attempt.objects.filter(pk=second.pk).update(number=first.number)


def suppressed(made: Campaign) -> None:
    attempt = called(made)
    everybody = SuppressionList.objects.create(name="Never", applies_to_all=True)
    SuppressedNumber.objects.create(suppression_list=everybody, number=attempt.number)
    SuppressedNumber.objects.update(created_at=NOON - timedelta(days=1))


def held(made: Campaign) -> None:
    attempt, before = called(made), NOON - timedelta(days=1)
    values = {"heard_in": "note", "said": "later", "why": "CONDITIONAL", "words": "later", "heard_at": before}
    PossibleOptOut.objects.create(attempt=attempt, campaign=made, number=attempt.number, **values)


def lead_alone(made: Campaign) -> None:
    Lead.objects.filter(pk=Lead.objects.earliest("pk").pk).update(state="DIALING")


def call_alone(made: Campaign) -> None:
    attempt = world.place(made)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=LATER)
    Lead.objects.filter(pk=attempt.lead_id).update(state="CANCELED", state_reason="x", ended_at=NOON)


def left_behind(made: Campaign) -> None:
    Campaign.objects.update(state="STOPPED", state_changed_at=NOON)


def without_lead(made: Campaign) -> None:
    contact_list = made.contact_lists.get()
    Contact.objects.create(contact_list=contact_list, number="+919812345678")
    Contact.objects.update(created_at=NOON)
    Campaign.objects.update(state_changed_at=NOON)


def short_of_rows(made: Campaign) -> None:
    values = {"rows_total": 3, "rows_accepted": 1, "rows_refused": 2, "state": "DONE", "ended_at": NOON}
    upload = ContactImport.objects.create(contact_list=made.contact_lists.get(), **values)
    upload.refusals.create(row_number=2, code="x", message="x")


def miscounted(made: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_countchange")


def untold(made: Campaign) -> None:
    attempt = called(made)
    FeedEntry.objects.filter(attempt_id=attempt.pk).delete()


def after_stop(made: Campaign) -> None:
    made.refresh_from_db()
    attempt = called(made)
    move(made, to=CampaignState.PAUSED, reason="x", now=NOON - seconds(60))
    assert attempt.placing_at == NOON


def switched_off(made: Campaign) -> None:
    called(made)
    board = Switchboard(pk=1)
    changes = {"dialing_allowed": [True, False]}
    record(act=TURN_SWITCH.name, what="x", subject=board, changes=changes, now=NOON - seconds(60))


def stuck(made: Campaign) -> None:
    world.place(made)
    Attempt.objects.update(deadline_at=NOON)


def without_rules(made: Campaign) -> None:
    called(made, rules_version=None)


def without_reason(made: Campaign) -> None:
    Lead.objects.filter(pk=Lead.objects.earliest("pk").pk).update(state="EXPIRED", ended_at=NOON)


def waiting_event(made: Campaign) -> None:
    ProviderEvent.objects.create(account=made.account, body=b"{}", state="NEW", next_try_at=NOON)


def event_of_another(made: Campaign) -> None:
    ProviderEvent.objects.create(account=world.account(), body=b"{}", state="APPLIED", attempt=called(made))


BROKEN: dict[str, Callable[[Campaign], None]] = {
    "lead-called-twice-at-once": two_of_a_lead,
    "called-again-blind": blind,
    "limit-exceeded": beyond_did,
    "outside-hours": before_nine,
    "number-called-twice-at-once": two_of_a_number,
    "cap-exceeded": beyond_cap,
    "suppressed-called": suppressed,
    "held-called": held,
    "lead-without-its-call": lead_alone,
    "call-without-its-lead": call_alone,
    "lead-left-behind": left_behind,
    "contact-without-lead": without_lead,
    "import-sums": short_of_rows,
    "counts-differ": miscounted,
    "result-untold": untold,
    "placed-after-stop": after_stop,
    "placed-while-switched-off": switched_off,
    "stuck-call": stuck,
    "call-without-rules": without_rules,
    "end-without-reason": without_reason,
    "event-not-applied": waiting_event,
    "event-of-another-account": event_of_another,
}
