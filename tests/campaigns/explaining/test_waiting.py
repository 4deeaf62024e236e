"""How many leads are due is exact while one side is few, and at least so many where both are many."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.explaining.waiting import Waiting, waiting_leads
from campaigns.models import Campaign
from tests.campaigns.world import NOON, account, campaign

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def found(made: Campaign, *, most: int) -> Waiting:
    return waiting_leads(campaign_ids=[made.pk], now=NOON, most=most)[made.pk]


def of(due: int, later: int, *, retries: int = 0) -> Campaign:
    """Return a campaign with so many leads that are due and that are not, and due ones of another rank."""
    made = campaign(account(), leads=due + later + retries)
    ids = list(made.leads.order_by("id").values_list("pk", flat=True))
    made.leads.filter(pk__in=ids[:later]).update(next_attempt_at=LATER)
    made.leads.filter(pk__in=ids[later : later + retries]).update(rank=25)
    return made


@pytest.mark.parametrize(
    ("due", "later", "said", "is_at_least"),
    [(2, 9, 2, False), (9, 2, 9, False), (3, 3, 3, False), (9, 9, 4, True), (0, 5, 0, False), (0, 0, 0, False)],
)
def test_due_leads_are_told_by_the_side_that_is_few(due: int, later: int, said: int, is_at_least: bool) -> None:
    waiting = found(of(due, later), most=3)
    assert (waiting.due, waiting.is_at_least) == (said, is_at_least)


def test_ranks_are_counted_together() -> None:
    assert found(of(9, 1, retries=2), most=3).due == 11
    assert found(of(2, 9, retries=2), most=3) == Waiting(
        due=4, is_at_least=False, next_due_at=NOON - timedelta(hours=1)
    )


def test_the_next_instant_is_that_of_the_first_lead_that_waits() -> None:
    assert found(of(0, 2), most=3).next_due_at == LATER
    made = of(1, 2)
    made.leads.exclude(next_attempt_at=LATER).update(state="CANCELED", ended_at=NOON)
    assert found(made, most=3).next_due_at == LATER
