"""Runs syncs so that their progress and their problem are kept, one of an account at a time; see AccountSync.

A sync that was asked for is a row; the bell that is rung for it may be lost, doubled or late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Q

from dialer.accounts.sync.reading import KindSynced, Synced, lists_of, sync_account
from dialer.acts.telephone import CHECK
from dialer.audit import record
from dialer.models import ProviderAccount
from dialer.models.synced import AccountSync, SyncState

log = structlog.get_logger(__name__)

#: A sync that has not ended after so long has died with its process.
GIVEN_UP_AFTER = timedelta(minutes=15)
#: A bell that no worker has heard for so long is taken as lost.
HEARD_WITHIN = timedelta(seconds=10)
TASK = "dialer.sync_account"


class SyncUnderWay(Exception):
    """Another sync of the account is under way."""


def ask_for_sync(*, account: ProviderAccount, now: datetime, by: str) -> AccountSync:
    """Have a worker sync the account soon. Raises NothingToSync, and SyncUnderWay where one is running or waiting."""
    lists_of(account)
    values = {"state": SyncState.WAITING, "asked_at": now, "asked_by": by[:150]}
    made, is_new = AccountSync.objects.get_or_create(account=account, defaults=values)
    if not is_new:
        free = AccountSync.objects.filter(_is_free(now), account=account).exclude(state=SyncState.WAITING)
        if free.update(**values, begun_at=None, ended_at=None, kinds=[], numbers_added=[], problem="") != 1:
            raise SyncUnderWay("A sync of this account is under way already.")
        made.refresh_from_db()
    transaction.on_commit(lambda: _ring(account.pk))
    return made


def run_sync(*, account: ProviderAccount, now: datetime, by: str) -> Synced:
    """Sync the account in this thread. Raises NothingToSync, and SyncUnderWay while another one runs."""
    lists_of(account)
    AccountSync.objects.get_or_create(
        account=account, defaults={"state": SyncState.WAITING, "asked_at": now, "asked_by": by[:150]}
    )
    if not _begin(Q(account=account) & _is_free(now), now):
        raise SyncUnderWay("Another sync of this account is under way.")
    return _run(account, now)


def run_waiting_sync(*, account_id: int, now: datetime) -> Synced | None:
    """Run the sync that was asked for; None where none waits: the bell came twice, or late."""
    if not _begin(Q(account_id=account_id, state=SyncState.WAITING), now):
        return None
    return _run(ProviderAccount.objects.get(pk=account_id), now)


def unheard_syncs(*, now: datetime) -> list[int]:
    """Return the accounts whose sync waits although its bell must have been heard by now."""
    waiting = AccountSync.objects.filter(state=SyncState.WAITING, asked_at__lt=now - HEARD_WITHIN)
    return list(waiting.values_list("account_id", flat=True))


def _is_free(now: datetime) -> Q:
    return ~Q(state=SyncState.RUNNING) | Q(begun_at__lt=now - GIVEN_UP_AFTER)


def _begin(where: Q, now: datetime) -> bool:
    begun = AccountSync.objects.filter(where).update(
        state=SyncState.RUNNING, begun_at=now, ended_at=None, kinds=[], numbers_added=[], problem=""
    )
    return begun == 1


def _run(account: ProviderAccount, now: datetime) -> Synced:
    # One that was given up and still goes on must not write over its successor.
    mine = AccountSync.objects.filter(account=account, state=SyncState.RUNNING, begun_at=now)
    kinds: list[dict[str, object]] = []

    def tell(done: KindSynced) -> None:
        kinds.append(done.as_json())
        mine.update(kinds=kinds)

    try:
        done = sync_account(account=account, now=now, tell=tell)
    except Exception as error:
        problem = f"It failed here: {type(error).__name__}"
        mine.update(state=SyncState.ENDED, ended_at=datetime.now(UTC), problem=problem)
        raise
    whole = {"whole_at": now} if done.is_whole else {}
    mine.update(
        state=SyncState.ENDED,
        ended_at=datetime.now(UTC),
        problem=done.problem[:500],
        numbers_added=list(done.numbers_added),
        **whole,
    )
    record(act=CHECK.name, what="Synced", subject=account, reason=done.problem, now=now)
    if not done.is_whole:
        log.warning("account not synced whole", account_id=account.pk, problem=done.problem)
    return done


def _ring(account_id: int) -> None:
    try:
        current_app.send_task(TASK, kwargs={"account_id": account_id}, ignore_result=True)
    except Exception as error:  # the beat's bell makes up for it
        log.warning("bell not published", error=type(error).__name__)
