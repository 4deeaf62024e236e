"""Leads left behind end in pieces: all of them, and no more once the campaign goes on after all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from campaigns.lifecycle import operations
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.models import Campaign, Lead
from campaigns.states import left_over, locks
from tests.campaigns.states.racing import holding
from tests.campaigns.world import NOON, account, campaign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PIECE", 2)


def test_a_stop_ends_every_piece_and_no_other_campaign() -> None:
    made, other = campaign(account(), leads=5), campaign(account(), leads=3)
    operations.stop_campaign(campaign_id=made.pk, now=NOON, by="Asha")
    assert set(made.leads.values_list("state", "state_reason")) == {("CANCELED", "Campaign stopped")}
    assert set(other.leads.values_list("state", flat=True)) == {"PENDING"}


def test_it_says_how_many_it_ended() -> None:
    made = campaign(account(), leads=5, state="STOPPED")
    stopped = Campaign.objects.filter(pk=made.pk)
    assert left_over.cancel_waiting(campaigns=stopped, now=NOON) == 5
    assert left_over.cancel_waiting(campaigns=stopped, now=NOON) == 0


def test_leads_that_are_not_reached_yet_wait_on_when_the_end_is_moved() -> None:
    made = campaign(account(), leads=6, ends_at=NOON)
    first = made.leads.earliest("id")
    with holding(Lead.objects.filter(pk=first.pk)) as race:
        race.start(lambda: turn_campaigns(now=NOON))
        Campaign.objects.filter(pk=made.pk).update(ends_at=NOON + timedelta(days=1))
    assert made.leads.filter(state="EXPIRED").count() == locks.PIECE
    assert made.leads.filter(state="PENDING").count() == 6 - locks.PIECE


def test_pieces_are_no_part_of_a_longer_transaction() -> None:
    made = campaign(account(), leads=1, state="STOPPED")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        left_over.cancel_waiting(campaigns=Campaign.objects.filter(pk=made.pk), now=NOON)
