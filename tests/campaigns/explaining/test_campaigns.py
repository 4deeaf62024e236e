"""What holds a campaign back, since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from campaigns.explaining.campaigns import CampaignExplanation, explain_campaign
from campaigns.explaining.checks import Limit
from campaigns.explaining.limit_spans import note_limits
from campaigns.models import Campaign, Lead, LimitSpan
from dialer.models import DID, AccountGate, Switchboard
from tests.campaigns.world import NOON, account, campaign, claimed, did, set_fleet

pytestmark = pytest.mark.django_db


def explained(made: Campaign, *, now: datetime = NOON) -> CampaignExplanation:
    found = explain_campaign(campaign_id=made.pk, now=now)
    assert found is not None
    return found


def test_the_narrowest_room_binds_when_more_is_due() -> None:
    made = campaign(account(max_live_calls=4), leads=9)
    found = explained(made)
    assert (found.limit, found.due_now) == (Limit.ACCOUNT_LIMIT, 9)
    claimed(made.account)
    assert explained(made).limit == Limit.ACCOUNT_LIMIT
    assert "4 of 4" in explained(made).said


def test_nothing_binds_while_there_is_room_for_all_that_is_due() -> None:
    assert explained(campaign(account(), leads=3)).limit == Limit.NONE


def test_a_campaign_whose_leads_wait_says_for_what_and_until_when() -> None:
    made = campaign(account(), leads=3)
    due = NOON + timedelta(hours=2)
    Lead.objects.filter(campaign=made).update(next_attempt_at=due, state_reason="3 calls in 24 h made")
    found = explained(made)
    assert (found.limit, found.until) == (Limit.NOTHING_DUE, due)
    assert list(found.waiting) == [{"reason": "3 calls in 24 h made", "leads": 3, "next_at": due}]


def test_closed_hours_bind_since_the_last_closing_and_until_the_next_opening() -> None:
    made = campaign(account(), leads=3, window_opens=time(9), window_closes=time(11, 30))
    found = explained(made)
    assert (found.limit, found.since_at, found.until) == (
        Limit.HOURS,
        datetime(2026, 3, 2, 11, 30, tzinfo=UTC),
        datetime(2026, 3, 3, 9, tzinfo=UTC),
    )


def back_off(made: Campaign) -> None:
    AccountGate.objects.filter(account=made.account).update(backoff_until=NOON + timedelta(seconds=5))


def no_fleet(made: Campaign) -> None:
    set_fleet(made.account, available=0)


def stop_all(made: Campaign) -> None:
    Switchboard.objects.update_or_create(pk=1, defaults={"dialing_allowed": False})


def rest_dids(made: Campaign) -> None:
    DID.objects.filter(campaigns=made).update(resting_until=NOON + timedelta(minutes=9))


@pytest.mark.parametrize(
    ("trouble", "limit"),
    [(back_off, Limit.BACK_OFF), (no_fleet, Limit.FLEET), (stop_all, Limit.KILL_SWITCH), (rest_dids, Limit.DID)],
)
def test_what_is_wrong_is_named_with_what_would_help(trouble: Callable[[Campaign], None], limit: Limit) -> None:
    made = campaign(account(), leads=3)
    trouble(made)
    found = explained(made)
    assert found.limit == limit
    assert found.would_help


def test_a_pause_is_since_its_instant() -> None:
    made = campaign(account(), leads=1, state="PAUSED", state_reason="Paused by Asha", state_changed_at=NOON)
    found = explained(made, now=NOON + timedelta(hours=1))
    assert (found.limit, found.since_at) == (Limit.CAMPAIGN_STATE, NOON)
    assert "paused by Asha" in found.said


def test_a_limit_is_seen_since_when_it_began_and_its_span_ends_with_it() -> None:
    owner = account()
    line = did(owner, 1)
    made = campaign(owner, leads=3, dids=[line])
    assert note_limits(now=NOON) == 1
    assert note_limits(now=NOON + timedelta(seconds=10)) == 0
    assert explained(made, now=NOON + timedelta(seconds=12)).since_at == NOON
    DID.objects.filter(pk=line.pk).update(max_live_calls=9)
    assert explained(made, now=NOON + timedelta(seconds=15)).since_at is None
    assert note_limits(now=NOON + timedelta(seconds=20)) == 1
    Campaign.objects.filter(pk=made.pk).update(state="STOPPED")
    note_limits(now=NOON + timedelta(seconds=30))
    spans = list(LimitSpan.objects.order_by("id").values_list("limit", "since_at", "until_at"))
    ends = [NOON + timedelta(seconds=seconds) for seconds in (20, 30)]
    assert spans == [("DID", NOON, ends[0]), ("NONE", ends[0], ends[1])]


def test_looking_at_thirty_campaigns_asks_the_database_no_more_than_looking_at_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    execute = psycopg.Cursor.execute

    def counted(*args: Any, **options: Any) -> Any:
        asked.append(args[1])
        return execute(*args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    owner = account(max_live_calls=2)
    line = did(owner, 5)
    counts = []
    for quantity in (1, 29):
        waiting = [campaign(owner, leads=leads, dids=[line]) for leads in [4] * quantity]
        asked.clear()
        assert note_limits(now=NOON) == quantity
        counts.append(len(asked))
    assert counts[0] == counts[1] < 20
    assert set(LimitSpan.objects.values_list("limit", flat=True)) == {"ACCOUNT_LIMIT"}
    Lead.objects.filter(campaign=waiting[0]).update(next_attempt_at=NOON + timedelta(hours=1), rank=25)
    assert note_limits(now=NOON + timedelta(seconds=10)) == 1
    last = LimitSpan.objects.get(campaign=waiting[0], until_at=None)
    assert (last.limit, last.said) == ("NOTHING_DUE", "No lead is due before 2026-03-02 13:00:00 UTC.")
