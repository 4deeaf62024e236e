"""Rules that are eased while retries and callbacks wait: these are called when they may be by now, and not before."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from campaigns.leads.callbacks import set_callback
from campaigns.lifecycle.rules_edits import rules_edited
from campaigns.models import Campaign
from tests.campaigns.claiming.test_rules import DAY, HOUR, call
from tests.campaigns.world import NOON, account, campaign

pytestmark = pytest.mark.django_db(transaction=True)

CLOSES = time(12, 30)


@pytest.mark.parametrize(
    ("strict", "eased", "waits_until"),
    [
        ({"window_closes": CLOSES}, {"window_closes": time(20)}, NOON + timedelta(hours=12)),
        ({"caps": [{"calls": 1, "hours": 24}]}, {"caps": []}, NOON + DAY),
        ({"minimum_gap_seconds": 7200}, {"minimum_gap_seconds": 0}, NOON + 2 * HOUR),
        ({"blackout_dates": ["2026-03-02"]}, {"blackout_dates": []}, NOON + timedelta(hours=12)),
    ],
)
def test_a_retry_waits_for_its_delay_and_no_longer(
    strict: dict[str, Any], eased: dict[str, Any], waits_until: Any
) -> None:
    owner = account()
    made = campaign(owner, leads=1, retry_rules={"BUSY": 3600})
    first = call(owner, now=NOON - HOUR + timedelta(minutes=1) if "blackout_dates" in strict else NOON)
    Campaign.objects.filter(pk=made.pk).update(**strict)
    if not made.leads.filter(next_attempt_at=waits_until).exists():
        # What had ended under the eased rules is put off when it is due.
        made.leads.update(next_attempt_at=waits_until, state_reason="Put off")
    assert rules_edited(campaign_id=made.pk, now=NOON + timedelta(minutes=1)) == 0
    Campaign.objects.filter(pk=made.pk).update(**eased)
    assert rules_edited(campaign_id=made.pk, now=NOON + timedelta(minutes=1)) == 1
    lead = made.leads.get()
    assert lead.last_attempt_at is not None
    due = lead.next_attempt_at
    assert due == max(lead.last_attempt_at + HOUR, NOON + timedelta(minutes=1))
    assert due < waits_until
    assert call(owner, now=due - timedelta(seconds=1)) == []
    assert call(owner, now=due) == first


def test_a_callback_comes_when_it_was_asked_for_once_the_hours_let_it() -> None:
    owner = account()
    made = campaign(owner, leads=1, window_closes=CLOSES)
    lead = made.leads.get()
    set_callback(lead_id=lead.pk, at=NOON + 3 * HOUR, by="Asha", now=NOON)
    lead.refresh_from_db()
    assert lead.next_attempt_at == NOON + timedelta(hours=12)
    Campaign.objects.filter(pk=made.pk).update(window_closes=time(20))
    assert rules_edited(campaign_id=made.pk, now=NOON) == 1
    lead.refresh_from_db()
    assert lead.next_attempt_at == lead.callback_at == lead.callbacks.get().due_at == NOON + 3 * HOUR


def test_what_is_made_stricter_moves_nobody() -> None:
    owner = account()
    made = campaign(owner, leads=1, retry_rules={"BUSY": 3600})
    call(owner, now=NOON)
    Campaign.objects.filter(pk=made.pk).update(window_closes=CLOSES)
    assert rules_edited(campaign_id=made.pk, now=NOON + timedelta(minutes=1)) == 0
    assert made.leads.get().next_attempt_at == NOON + HOUR
