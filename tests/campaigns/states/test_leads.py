"""However a lead ends, no callback waits for it any more: the ways to one state are alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.db import connection

from campaigns.leads.callbacks import set_callback
from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, Campaign, Contact, HoursFollow, Lead, SuppressionList
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from campaigns.states import leads as lead_states
from campaigns.suppression import suppress
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, lead_of, place, set_fleet

pytestmark = pytest.mark.django_db(transaction=True)

AT = NOON + timedelta(hours=2)
BUSY = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)
ANSWERED = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED)


def called_back(lead: Lead) -> None:
    set_callback(lead_id=lead.pk, at=AT, by="Asha", now=NOON)
    assert Lead.objects.get(pk=lead.pk).callback_at == AT


def stop(made: Campaign) -> None:
    operations.stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")


def cancel(made: Campaign) -> None:
    with connection.cursor() as cursor:
        assert lead_states.cancel(cursor, lead_id=made.leads.get().pk, reason="Canceled by Asha", now=NOON)


def come_back_after_the_stop(made: Campaign) -> None:
    stop(made)
    # A settling that had read RUNNING before the stop commits after it, with a callback that the call asked for.
    made.leads.update(state="PENDING", ended_at=None, callback_at=AT)
    turn_campaigns(now=NOON + timedelta(seconds=2))


def expire(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(ends_at=NOON)
    turn_campaigns(now=NOON)


def be_asleep_until_the_end(made: Campaign) -> None:
    # It is six in the morning there: claiming finds that the campaign ends before the contact's hours begin.
    Contact.objects.update(time_zone="America/Los_Angeles")
    hours = {"window_opens": time(9), "window_closes": time(21), "hours_follow": HoursFollow.CONTACT}
    Campaign.objects.filter(pk=made.pk).update(**hours, ends_at=AT + timedelta(hours=1))
    set_fleet(made.account, available=10, at=AT)
    assert claimed(made.account, now=AT).reserved == []


def be_suppressed(made: Campaign) -> None:
    suppressed = SuppressionList.objects.create(name="Never")
    suppress(numbers=[made.leads.get().number], suppression_list=suppressed, now=NOON)
    set_fleet(made.account, available=10, at=AT)
    assert claimed(made.account, now=AT).reserved == []


WAYS: dict[Callable[[Campaign], None], str] = {
    cancel: "CANCELED",
    stop: "CANCELED",
    come_back_after_the_stop: "CANCELED",
    expire: "EXPIRED",
    be_asleep_until_the_end: "EXPIRED",
    be_suppressed: "SUPPRESSED",
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_lead_that_ends_waits_for_no_callback(way: Callable[[Campaign], None]) -> None:
    made = campaign(account(), leads=1)
    called_back(made.leads.get())
    way(made)
    lead = made.leads.get()
    assert (lead.state, lead.callback_at) == (WAYS[way], None)
    assert lead.ended_at is not None


def test_a_call_that_ends_after_the_stop_leaves_no_callback() -> None:
    made = campaign(account(), leads=1)
    attempt = place(made)
    called_back(lead_of(attempt))
    stop(made)
    settle(reports=[(attempt.pk, BUSY)], now=NOON)
    assert (lead_of(attempt).state, lead_of(attempt).callback_at) == ("CANCELED", None)


def test_a_late_word_completes_a_lead_that_was_stopped_while_a_callback_waited() -> None:
    made = campaign(account(), leads=1, retry_rules={"LOST": 60})
    attempt = place(made)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=NOON - timedelta(seconds=1))
    reconcile(now=NOON)
    called_back(lead_of(attempt))
    stop(made)
    settle(reports=[(attempt.pk, ANSWERED)], now=NOON)
    assert lead_of(attempt).state == "COMPLETED"
