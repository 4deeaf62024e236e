"""Lines are given away by what the fleet counts, and no more once a result tells that it was wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.claiming.fleet import keep_reading
from campaigns.models import Attempt, CallTemplate, Campaign, CampaignNotice, FleetBoundUse
from campaigns.settling.reports import settle
from dialer.models import AccountGate, ProviderAccount
from dialer.providers.base import CallReport, Capacity, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, did

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
Capture = Callable[..., AbstractContextManager[list[object]]]


def read(made: Campaign, calls: int | None, *, at: datetime, workers: str = "the same") -> float:
    """Let the fleet have said that it has so many calls, and room for more."""
    found = Capacity(available=100, maximum=120, calls=calls, workers=workers)
    return keep_reading(account_id=made.account_id, asked_at=at, found=found, now=at)


def under_way(limit: int = 4, **fields: Any) -> tuple[Campaign, list[int]]:
    """Return a campaign whose lines are all taken, and its calls: taken by the provider at noon."""
    owner = account(fleet=None, **fields)
    made = campaign(owner, leads=20, dids=[did(owner, limit)])
    read(made, 0, at=NOON - 2 * SECOND)
    ids = [call.attempt_id for call in claimed(owner).reserved]
    assert len(ids) == limit
    Attempt.objects.filter(pk__in=ids).update(state="PLACED", placing_at=NOON, placed_at=NOON)
    return made, ids


def test_lines_are_free_by_two_readings_and_not_for_calls_that_the_fleet_may_not_count() -> None:
    made, ids = under_way()
    assert read(made, 4, at=NOON + 8 * SECOND) == 2.0
    assert claimed(made.account, now=NOON + 8 * SECOND).reserved == []
    # Two are over: asked again soon, as their results are awaited; of two readings the larger counts.
    assert read(made, 2, at=NOON + 10 * SECOND) == 0.5
    assert claimed(made.account, now=NOON + 10 * SECOND).reserved == []
    # Without an answer, or with a bot that may transfer it, a call always counts.
    Attempt.objects.filter(pk=ids[0]).update(placed_at=None, state="UNCERTAIN")
    Attempt.objects.filter(pk=ids[1]).update(holds_until_told=True)
    read(made, 1, at=NOON + 11 * SECOND)
    assert claimed(made.account, now=NOON + 11 * SECOND).reserved == []
    Attempt.objects.filter(pk__in=ids[:2]).update(placed_at=NOON, holds_until_told=False)
    assert len(claimed(made.account, now=NOON + 11 * SECOND).reserved) == 2
    # Other workers: the fleet was restarted, and calls from before count until they are told.
    read(made, 1, at=NOON + 12 * SECOND, workers="others")
    read(made, 1, at=NOON + 13 * SECOND, workers="others")
    assert claimed(made.account, now=NOON + 13 * SECOND).reserved == []


def test_switched_off_or_unreadable_lines_are_free_by_results_alone() -> None:
    made, _ = under_way(uses_fleet_bound=False)
    for second, calls in ((8, 1), (10, 1)):
        assert read(made, calls, at=NOON + second * SECOND) == 2.0
    assert claimed(made.account, now=NOON + 10 * SECOND).reserved == []
    ProviderAccount.objects.update(uses_fleet_bound=True)
    read(made, None, at=NOON + 12 * SECOND)
    assert claimed(made.account, now=NOON + 12 * SECOND).reserved == []


def test_a_template_of_a_bot_that_transfers_has_its_calls_hold_their_lines() -> None:
    owner = account()
    made = campaign(owner, leads=1)
    CallTemplate.objects.update(options={"bot_id": "b-1", "may_transfer": "yes"})
    claimed(made.account)
    assert Attempt.objects.get().holds_until_told


def test_results_that_tell_of_more_calls_than_were_counted_switch_it_off_with_a_notice(
    django_capture_on_commit_callbacks: Capture,
) -> None:
    made, ids = under_way()
    for second, calls in ((8, 1), (10, 1)):
        read(made, calls, at=NOON + second * SECOND)
    assert len(claimed(made.account, now=NOON + 10 * SECOND).reserved) == 3
    assert FleetBoundUse.objects.get().calls == 1

    def told(attempt_id: int, seconds: float, **fields: Any) -> None:
        # The provider's clock is an hour wrong: only how long it says the call took counts.
        began = NOON + timedelta(hours=1)
        report = CallReport(
            phase=Phase.ENDED, outcome=Outcome.ANSWERED, source="PUSH", started_at=began,
            ended_at=began + timedelta(seconds=seconds), **fields,
        )  # fmt: skip
        with django_capture_on_commit_callbacks(execute=True):
            settle(reports=[(attempt_id, report), (attempt_id, report)], now=NOON + 60 * SECOND)
            settle(reports=[(attempt_id, report)], now=NOON + 61 * SECOND)

    told(ids[0], 40)
    told(ids[1], 5)
    assert ProviderAccount.objects.get().uses_fleet_bound
    told(ids[2], 12.5)
    owner = ProviderAccount.objects.get()
    assert not owner.uses_fleet_bound
    assert "2 calls were live at 02 Mar 12:00:10 UTC" in owner.gate.fleet_bound_problem
    assert CampaignNotice.objects.get().kind == "FLEET_BOUND_OFF"
    owner.uses_fleet_bound = True
    owner.save()
    assert AccountGate.objects.get().fleet_bound_problem == ""
    # A call that left the fleet and held its line is disproof enough; one whose result has no times is said to be.
    read(made, 1, at=NOON + 70 * SECOND)
    FleetBoundUse.objects.create(account=owner, asked_at=NOON, since_at=NOON, before_at=NOON, calls=1)
    told(ids[3], 10**6)
    assert "Not checked" in AccountGate.objects.get().fleet_bound_problem
    Attempt.objects.filter(pk=ids[0]).update(state="ENDED", outcome="LOST")
    told(ids[0], 10, was_transferred=True)
    assert "May transfer calls" in AccountGate.objects.get().fleet_bound_problem
    assert not ProviderAccount.objects.get().uses_fleet_bound
