"""Syncs that were asked for, and tidying up, on the workers of long work. Rows hold the work, bells only hurry it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery import shared_task
from django.db import close_old_connections

from dialer.accounts.sync.runs import TASK, run_waiting_sync, unheard_syncs
from dialer.logins import forget_failed_logins
from dialer.once import forget_old_answers
from dialer.sessions import SessionStore


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


@shared_task(name="dialer.tidy_up")
def tidy_up(**_: Any) -> None:
    """Remove sessions that are over, failed log-ins that no longer count, and old answers: no table grows for ever."""
    close_old_connections()
    SessionStore.clear_expired()
    forget_failed_logins(now=datetime.now(UTC))
    forget_old_answers(now=datetime.now(UTC))
