"""Over HTTP: lines are free by the fleet's count although no result comes, and never is there a call too many."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from campaigns.claiming import fleet
from campaigns.models import Attempt
from campaigns.placing.engine import Engine
from dialer.models import AccountGate, ProviderAccount
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.placing.test_engine import engine
from tests.campaigns.world import account, campaign, did

__all__ = ["engine"]

LIMIT, LEADS = 6, 18
ENDED_AT_ONCE = 2
LAG = 0.2


def ask_fleet(running: Engine, owner: ProviderAccount) -> None:
    """Ask once, keep the answer, and give the account a turn."""
    kept = threading.Event()

    def keep(found: Any, *, asked_at: datetime) -> None:
        fleet.keep_reading(account_id=owner.pk, asked_at=asked_at, found=found, now=datetime.now(UTC))
        running.ring(owner.pk)
        kept.set()

    now = datetime.now(UTC)
    AccountGate.objects.update(next_capacity_poll_at=None)
    asked_at = fleet.take_due_accounts(now=now, again=now)[owner.pk]
    running.ask(fleet.ask(channel=running.connections.of(owner.pk)), then=partial(keep, asked_at=asked_at))
    assert kept.wait(10)


def asked_until(running: Engine, owner: ProviderAccount, calls: int) -> bool:
    ask_fleet(running, owner)
    return Attempt.objects.filter(state="PLACED").count() >= calls


@pytest.mark.django_db(transaction=True)
def test_lines_are_free_without_results_and_never_one_too_many(sandbox: SandboxClient, engine: Engine) -> None:
    settings = {"suffixes": False, "outcomes": {"ANSWERED": 1}, "ring_seconds": [0, 0], "talk_seconds": [9000, 9000]}
    strange = {"fleet_lag_seconds": LAG, "fleet_taken_by_others": 1, "limits": {"dids": {"*": LIMIT}}}
    sandbox.reset(time_factor=1)
    sandbox.configure("voxcore", "main", api_key="key", **settings, **strange)
    owner = account(fleet=None, fleet_lag_seconds=LAG)
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=sandbox.base_url("voxcore", "main"))
    campaign(owner, leads=LEADS, dids=[did(owner, LIMIT)])
    wait_for(lambda: asked_until(engine, owner, LIMIT))

    # Calls end when they are told to: where more than half of them end between two readings, as they do on a machine
    # that is busy, it looks like a restart. The call of somebody else may be one of ours, and holds one line back.
    def all_are_called() -> bool:
        if len(sandbox.live()) >= LIMIT - 1:
            sandbox.hangup_all(most=ENDED_AT_ONCE)
        return asked_until(engine, owner, LEADS)

    wait_for(all_are_called)
    # From now on calls last; a restarted fleet counts none of them, by other processes and by the same ones.
    campaign(owner, leads=LEADS, dids=[did(owner, LIMIT)])
    wait_for(lambda: asked_until(engine, owner, LEADS + LIMIT))
    for restart, has_new_pids in ((1, True), (2, False)):
        sandbox.change("voxcore", "main", fleet_restarts=restart, fleet_new_pids=has_new_pids)
        for _ in range(8):
            assert not asked_until(engine, owner, LEADS + LIMIT + 1)
    sandbox.change("voxcore", "main", fleet_unreachable=True)
    assert not asked_until(engine, owner, LEADS + LIMIT + 1)
    summary = sandbox.summary()
    assert summary["violations"] == []
    dids = summary["accounts"]["voxcore/main"]["dids"].values()
    assert [(one["peak"], one["seconds_over"]) for one in dids] == [(LIMIT, 0)] * 2
