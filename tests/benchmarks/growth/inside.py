"""Reserving and settling while leads, DIDs, campaigns and accounts grow. No request leaves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import engine
from tests.benchmarks.arena import project
from tests.benchmarks.growth.queues import called_today, queue

#: Leads that all turns take, and one that does not count, and a batch more.
NEEDED = engine.BATCH * (engine.TURNS + 2)
#: With many accounts a round is many turns.
LEAST_ROUNDS = 5

Row = dict[str, Any]


def by_leads(size: int) -> Row:
    """Reserve and settle with so many leads waiting in one campaign."""
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        owner = account(fleet=None)
        began = time.monotonic()
        queue([campaign(owner, leads=0, dids=[did(owner, limit=engine.BATCH)])], leads=max(size, NEEDED))
        made = round(time.monotonic() - began, 1)
        return {"made_in_seconds": made, **_turns([owner.pk])}


def by_dids(size: int) -> Row:
    """Reserve and settle over so many DIDs, which have 1,000 lines in all."""
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        owner = account(fleet=None)
        dids = [did(owner, limit=max(1, 1000 // size)) for _ in range(size)]
        queue([campaign(owner, leads=0, dids=dids)], leads=NEEDED)
        return _turns([owner.pk])


def by_calls_of_dids(size: int) -> Row:
    """Reserve and settle over a hundred DIDs with a cap, each of which has made so many calls in the last 20 hours."""
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        owner = account(fleet=None)
        dids = [did(owner, limit=10, max_calls_per_day=size + engine.BATCH) for _ in range(100)]
        queue([campaign(owner, leads=0, dids=dids)], leads=NEEDED)
        engine.turns(account_ids=[owner.pk], now=datetime.now(UTC) - timedelta(days=2), batch=1, many=1)
        called_today(account_id=owner.pk, calls=size)
        return _turns([owner.pk])


def by_campaigns(size: int) -> Row:
    """Reserve and settle over so many campaigns that run on one account, each with a DID of its own."""
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        owner = account(fleet=None)
        campaigns = [campaign(owner, leads=0, dids=[did(owner, limit=engine.BATCH)]) for _ in range(size)]
        queue(campaigns, leads=2 * NEEDED)
        return _turns([owner.pk])


def by_accounts(size: int) -> Row:
    """Reserve and settle 200 calls a round, shared by so many accounts: one turn of each."""
    with project(name="growth"):
        from tests.campaigns.world import account, campaign, did

        owners = [account(fleet=None) for _ in range(size)]
        batch = max(1, engine.BATCH // size)
        queue([campaign(owner, leads=0, dids=[did(owner, limit=batch)]) for owner in owners], leads=NEEDED)
        many = max(LEAST_ROUNDS, engine.TURNS // size)
        return {"batch": batch, **_turns([owner.pk for owner in owners], batch=batch, many=many)}


def _turns(account_ids: Sequence[int], *, batch: int = engine.BATCH, many: int = engine.TURNS) -> Row:
    return engine.turns(account_ids=account_ids, now=datetime.now(UTC), batch=batch, many=many)
