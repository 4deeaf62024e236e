"""Callbacks that somebody sets by hand, or a program: what cannot come is refused at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from campaigns.leads.callbacks import set_callback
from campaigns.models import SuppressedNumber, SuppressionList
from campaigns.states.campaigns import UnableToOperate
from tests.campaigns.world import NOON, account, campaign

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("until", "applies_to_all", "is_refused"),
    [
        (None, True, True),
        (AT + timedelta(minutes=1), True, True),
        (AT - timedelta(minutes=1), True, False),
        (None, False, False),
    ],
)
def test_who_is_suppressed_by_then_gets_no_callback(
    until: datetime | None, applies_to_all: bool, is_refused: bool
) -> None:
    lead = campaign(account(), leads=1).leads.get()
    never = SuppressionList.objects.create(name="Never", applies_to_all=applies_to_all)
    SuppressedNumber.objects.create(suppression_list=never, number=lead.number, until=until)
    problem = ""
    try:
        set_callback(lead_id=lead.pk, at=AT, by="olga", now=NOON)
    except UnableToOperate as error:
        problem = str(error)
    lead.refresh_from_db()
    assert ("is suppressed" in problem, lead.callback_at) == ((True, None) if is_refused else (False, AT))
