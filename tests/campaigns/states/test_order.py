"""Whoever writes several rows takes them in one order: two who meet in the middle both come to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.claiming.suppressed import SUPPRESSED_UNTIL
from campaigns.leads.callbacks import set_callback
from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Attempt, Campaign, Lead
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from dialer.providers.base import Refusal, Refused
from tests.campaigns.states.racing import ANSWERED, BUSY, backwards_on_disk, holding, lost, on_the_line, told
from tests.campaigns.world import NOON, account, campaign, claimed

pytestmark = pytest.mark.django_db(transaction=True)

CALL_ME_BACK = replace(ANSWERED, disposition="CALLBACK")
LEADS = 3


def stop(made: Campaign) -> None:
    operations.stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")


def expire(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(ends_at=NOON)
    turn_campaigns(now=NOON)


def cancel_left_over(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(state="STOPPED", state_changed_at=NOON)
    turn_campaigns(now=NOON)


ENDINGS: tuple[Callable[[Campaign], None], ...] = (stop, expire, cancel_left_over)


@pytest.mark.parametrize("settles_first", [True, False], ids=["settled first", "ended first"])
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_leads_left_behind_end_beside_late_words(ending: Callable[[Campaign], None], settles_first: bool) -> None:
    made = campaign(account(), leads=LEADS, retry_rules={"LOST": 60})
    attempt_ids = lost(made, LEADS)
    backwards_on_disk(made)
    middle = made.leads.order_by("id")[1]
    works = [told(attempt_ids, ANSWERED), lambda: ending(made)]
    with holding(Lead.objects.filter(pk=middle.pk)) as race:
        race.start(*(works if settles_first else reversed(works)))
    # The provider's late word stands, whoever was first.
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"ANSWERED"}
    assert set(made.leads.values_list("state", flat=True)) == {"COMPLETED"}


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_leads_left_behind_end_beside_late_dispositions(ending: Callable[[Campaign], None]) -> None:
    retries = {"BUSY": 60, "disposition:voicemail": {"delays": [7200], "most": 1}}
    made = campaign(account(), leads=LEADS, retry_rules=retries)
    attempt_ids = on_the_line(made, LEADS)
    told(attempt_ids, BUSY)()
    backwards_on_disk(made)
    middle = made.leads.order_by("id")[1]
    with holding(Lead.objects.filter(pk=middle.pk)) as race:
        race.start(told(attempt_ids, replace(BUSY, disposition="voicemail")), lambda: ending(made))
    assert made.leads.filter(state__in=["CANCELED", "EXPIRED"]).count() == LEADS


def test_callbacks_that_results_ask_for_meet_those_of_people() -> None:
    made = campaign(account(), leads=2, callback_words=["CALLBACK"])
    attempt_ids = on_the_line(made, 2)
    told(attempt_ids, ANSWERED)()
    turn_campaigns(now=NOON)
    last = made.leads.order_by("id").last()
    assert last is not None
    with holding(Campaign.objects.filter(pk=made.pk, state="COMPLETED")) as race:
        race.start(
            told(attempt_ids, CALL_ME_BACK),
            lambda: set_callback(lead_id=last.pk, at=NOON + timedelta(hours=5), by="Asha", now=NOON),
        )
    assert set(made.leads.values_list("state", flat=True)) == {"PENDING"}
    assert Campaign.objects.get().state == "RUNNING"


def test_callbacks_in_several_campaigns_meet_in_opposite_orders() -> None:
    owner = account()
    made = [campaign(owner, leads=2, callback_words=["CALLBACK"]) for _ in range(2)]
    attempt_ids = on_the_line(made[0], 4)
    told(attempt_ids, ANSWERED)()
    turn_campaigns(now=NOON)
    one, other = (list(Attempt.objects.filter(campaign=each).values_list("id", flat=True)) for each in made)
    with holding(Campaign.objects.filter(pk=made[0].pk, state="COMPLETED")) as race:
        race.start(told([one[0], other[0]], CALL_ME_BACK), told([other[1], one[1]], CALL_ME_BACK))
    assert set(Campaign.objects.values_list("state", flat=True)) == {"RUNNING"}
    assert set(Lead.objects.values_list("state", flat=True)) == {"PENDING"}


def refused(call: Any) -> Placed:
    result = Refused(reason=Refusal.CREDENTIALS, detail="Wrong key")
    account_id = Attempt.objects.get(pk=call.attempt_id).account_id
    return Placed(attempt_id=call.attempt_id, account_id=account_id, campaign_id=call.campaign.id, result=result)


def test_batches_that_pause_the_same_campaigns_meet_in_opposite_orders() -> None:
    owner = account()
    made = [campaign(owner, leads=2) for _ in range(2)]
    calls = claimed(owner, room=4).reserved
    Attempt.objects.update(state="PLACING", placing_at=NOON)
    one, other = ([call for call in calls if call.campaign.id == each.pk] for each in made)
    batches = [[one[0], other[0]], [other[1], one[1]]]
    with holding(Campaign.objects.filter(pk=made[0].pk)) as race:
        race.start(*(lambda batch=batch: record(results=list(map(refused, batch)), now=NOON) for batch in batches))
    assert set(Campaign.objects.values_list("state", flat=True)) == {"PAUSED"}
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"REFUSED"}


def test_hours_are_edited_while_a_result_asks_for_a_callback() -> None:
    made = campaign(account(), leads=2, callback_words=["CALLBACK"])
    attempt_ids = on_the_line(made, 2)
    told(attempt_ids, BUSY)()
    # Both wait for the end of a suppression.
    waiting = {"next_attempt_at": timezone.now() + timedelta(days=9), "state_reason": f"{SUPPRESSED_UNTIL}a day"}
    first, last = made.leads.order_by("id")
    for lead in (first, last):
        made.leads.filter(pk=lead.pk).update(**waiting, rank=24)
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("olga"))
    replies = []

    def edit() -> None:
        replies.append(client.patch(f"/api/v1/campaigns/{made.pk}/", {"window_opens": "08:00"}, format="json"))

    with holding(Lead.objects.filter(pk=first.pk)) as race:
        race.start(edit)
        race.begin(told(list(last.attempts.values_list("id", flat=True)), CALL_ME_BACK))
    assert [reply.status_code for reply in replies] == [200]
    assert Lead.objects.get(pk=last.pk).callback_at is not None
    assert Lead.objects.get(pk=first.pk).state_reason == ""
