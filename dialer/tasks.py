"""Syncs that were asked for, on the workers of long work. Their rows hold the work, the bells only hurry it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery import shared_task
from django.db import close_old_connections

from dialer.accounts.sync.runs import TASK, run_waiting_sync, unheard_syncs


@shared_task(name=TASK)
def sync_account(*, account_id: int, **_: Any) -> None:
    """Run the sync that was asked for of one account. Safe to repeat."""
    close_old_connections()
    run_waiting_sync(account_id=account_id, now=datetime.now(UTC))


@shared_task(name="dialer.run_waiting_syncs")
def run_waiting_syncs(**_: Any) -> None:
    """Run the syncs whose bell was lost."""
    close_old_connections()
    for account_id in unheard_syncs(now=datetime.now(UTC)):
        run_waiting_sync(account_id=account_id, now=datetime.now(UTC))
