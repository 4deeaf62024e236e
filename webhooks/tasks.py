"""Doorbells of the inbox."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from campaigns.placing.engine import best_now, engine, places_calls
from dialer.looping import Coalescer
from webhooks.applying import MOST_PER_TURN, apply_inbox
from webhooks.call_lookups import poll_due
from webhooks.cursors import TAIL
from webhooks.hosted_logs import due_logs, read_log
from webhooks.job_tasks import pull_logs
from webhooks.log_reading import pull_due
from webhooks.telling.teller import Teller

__all__ = ["pull_logs"]  # tasks of a module of their own, found here by Celery


@worker_ready.connect
def start_inbox(sender: Any, **_: Any) -> None:
    """Look at the inbox and for overdue results once a second, bells or no bells."""
    if not places_calls(sender):
        return
    for name, chore in chores().items():
        engine().every_second(chore, sign=signs()[name], by_sign_alone=name in BY_SIGN_ALONE)


#: By what in the database it is seen that there may be something for a chore; see ``campaigns.worker_chores``.
_SIGNS = {
    "inbox": "SELECT FROM webhooks_providerevent WHERE state IN ('NEW', 'UNMATCHED') "
    "AND next_try_at <= statement_timestamp() ORDER BY next_try_at, id OFFSET 0",
    "polls": """
        SELECT FROM campaigns_attempt
         WHERE ended_at IS NULL AND next_poll_at <= now() AND placing_at IS NOT NULL
         ORDER BY deadline_at OFFSET 0""",
    # Calls past their deadline, for which a log may be read whole, and logs that are due. The first reading of an
    # account's log, which makes its row, comes when all are rung.
    "pulls": f"""
        (SELECT FROM campaigns_attempt WHERE ended_at IS NULL AND deadline_at < now() ORDER BY deadline_at OFFSET 0)
        UNION ALL
        SELECT FROM webhooks_logcursor c JOIN dialer_provideraccount p ON p.id = c.account_id AND p.is_active
         WHERE c.next_pull_at <= now()
           AND (c.live_seen_at > now() - interval '{int(TAIL.total_seconds())} seconds'
                OR (SELECT 1 FROM campaigns_attempt a
                     WHERE a.account_id = c.account_id AND a.ended_at IS NULL AND a.placing_at IS NOT NULL
                     ORDER BY a.campaign_id LIMIT 1) IS NOT NULL)""",  # noqa: S608
    "hosted_logs": "SELECT FROM campaigns_hosteddialer",
    "telling": "(SELECT FROM campaigns_feedentry WHERE position IS NULL ORDER BY id OFFSET 0) UNION ALL "
    "SELECT FROM webhooks_subscription WHERE is_active",
}


#: Chores whose sign is all that they look for.
BY_SIGN_ALONE = frozenset({"inbox", "hosted_logs", "telling"})


def signs() -> dict[str, str]:
    """Return the signs by the name of their chore, as SELECTs."""
    return _SIGNS


def chores() -> dict[str, Coalescer]:
    """Return the work that is done by looking at the database, by name."""
    return {"inbox": inbox(), "polls": polls(), "pulls": pulls(), "hosted_logs": hosted_logs(), "telling": telling()}


@worker_shutting_down.connect
def stop_telling(**_: Any) -> None:
    """Let what subscribers are being told be answered and stored before the process ends."""
    if teller.cache_info().currsize:
        teller().stop()


@cache
def inbox() -> Coalescer:
    """Return the work that applies the inbox."""
    return engine().coalescer(name="inbox", work=_apply)


@cache
def polls() -> Coalescer:
    """Return the work that asks about calls without a result."""
    work = partial(_look, poll_due)
    return engine().coalescer(name="polls", work=work, waited_for=False)


@cache
def pulls() -> Coalescer:
    """Return the work that reads the call logs of providers."""
    work = partial(_look, pull_due)
    return engine().coalescer(name="pulls", work=work, waited_for=False)


def _look(due: Callable[..., object]) -> None:
    due(engine=engine(), now=best_now())


#: Logs of dialers that are read at one time in this process; reading waits for the provider.
_readers = ThreadPoolExecutor(2, thread_name_prefix="dialer-logs")


@cache
def hosted_logs() -> Coalescer:
    """Return the work that reads the logs of the providers' own dialers."""
    return Coalescer(name="dialer logs", work=_read_hosted_logs, pool=_readers)


@cache
def teller() -> Teller:
    """Return what tells this process's subscribers."""
    return Teller()


@cache
def telling() -> Coalescer:
    """Return the work that looks for subscribers to tell."""
    return Coalescer(name="subscribers", work=teller().look, pool=teller().pool)


def _read_hosted_logs() -> None:
    for dialer_id in due_logs(now=best_now()):
        read_log(dialer_id=dialer_id)


@shared_task(name="webhooks.apply_inbox")
def ring_inbox(**_: Any) -> None:
    """Ask for the inbox to be applied."""
    inbox().ring()


def _apply() -> None:
    if apply_inbox(now=best_now()) == MOST_PER_TURN:
        inbox().ring()
