"""Doorbells: tasks that carry ids at most, ring this worker's engine, and return at once."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog
from celery import shared_task
from celery.exceptions import WorkerShutdown
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection

from campaigns.calls.note_writing import accounts_with_due_notes, write_due
from campaigns.claiming import fleet
from campaigns.counting.checkups import check_counts, to_check
from campaigns.counting.folding import fold_all
from campaigns.doorbells import listener
from campaigns.erasure.runs import TASK as ERASURE_TASK
from campaigns.erasure.runs import run_waiting as run_waiting_erasures
from campaigns.explaining.limit_spans import note_limits
from campaigns.explaining.preflight_runs import TASK as PREFLIGHT_TASK
from campaigns.explaining.preflight_runs import run_waiting as run_waiting_preflight
from campaigns.explaining.preflight_runs import unheard
from campaigns.hosting.turning import due_dialers
from campaigns.hosting.turning import turn as turn_dialer
from campaigns.importing import run_import as import_contacts
from campaigns.importing import run_waiting_imports
from campaigns.importing.finding import sort_in
from campaigns.jobs.expiring_keys import tell_expiring_keys
from campaigns.jobs.retaining import retain_old_rows
from campaigns.jobs.tasks import export_results, import_source, sync_accounts
from campaigns.leads.enrolling import enrol_waiting
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.heartbeat import Heartbeat
from campaigns.lifecycle.home import in_words, report_clock
from campaigns.lifecycle.missing_results import note_silence, tell_of_missing_results
from campaigns.lifecycle.schedule import open_due
from campaigns.placing.chores import at_most_every
from campaigns.placing.engine import Engine, best_now, engine, places_calls, running_engine
from campaigns.promises.job import audit_promises
from campaigns.settling.opt_outs import get_ready
from campaigns.settling.reconciling import reconcile
from dialer.checks.pooler import CURE, SAID, are_lent_unsaid
from dialer.encryption import UndecryptableError
from dialer.looping import Coalescer, Coalescers
from dialer.metrics.process import serve as serve_metrics
from dialer.providers.base import Capacity
from dialer.traces import stages

log = structlog.get_logger(__name__)

__all__ = [
    "audit_promises",
    "export_results",
    "import_source",
    "retain_old_rows",
    "sync_accounts",
]  # tasks of their own module, found here by Celery

#: Campaigns are looked at for too many failures this often, by each worker.
WATCH_EVERY_SECONDS = 5.0
#: What holds running campaigns back is looked at this often, by each worker: so exact is "since when".
NOTE_LIMITS_EVERY_SECONDS = 10.0
#: Whether results of accounts stay away is looked at this often, by each worker.
TELL_RESULTS_EVERY_SECONDS = 15.0
#: How often a worker says that its clock is wrong.
TELL_CLOCK_EVERY_SECONDS = 5.0
#: This worker, as people are told of it.
WORKER = f"{socket.gethostname()} (process {os.getpid()})"

_RUNNING = "SELECT FROM campaigns_campaign WHERE state = 'RUNNING'"
#: By what in the database it is seen that there may be something for a chore. What has none asks little, or seldom.
SIGNS = {
    "ring_due_accounts": _RUNNING,
    "poll_capacity": _RUNNING,
    "reconcile": "SELECT FROM campaigns_attempt WHERE ended_at IS NULL",
    # What was just stopped may get a lead back.
    "turn_campaigns": "SELECT FROM campaigns_campaign WHERE state IN ('RUNNING', 'PAUSED') OR "
    "(state = 'STOPPED' AND state_changed_at > now() - interval '1 minute')",
    "open_campaigns": "SELECT FROM campaigns_campaign WHERE state = 'SCHEDULED'",
    "turn_dialers": "SELECT FROM campaigns_hosteddialer UNION ALL "
    "SELECT FROM campaigns_campaign WHERE state = 'RUNNING' AND runs_on = 'PROVIDER'",
    "write_notes": "SELECT FROM campaigns_callnote WHERE state IN ('WAITING', 'SENDING')",
    # By its key: of a table that is folded away all the time, the rows that are gone would be read as well.
    "fold_counts": "SELECT FROM campaigns_countchange ORDER BY id",
    "enrol": "SELECT FROM campaigns_campaign WHERE enrolling_after_id IS NOT NULL",
}


bells = listener()


@worker_ready.connect
def start_engine(sender: Any, **_: Any) -> None:
    """Start this worker's engine, so that it works without a bell; a worker of the batch queue has none."""
    if not places_calls(sender):
        return
    if are_lent_unsaid(connection):
        log.error("worker ends", reason=SAID, hint=CURE)
        raise WorkerShutdown(1)
    # Read now: it takes half a second, in which the first results would wait and their slots stay empty.
    get_ready()
    stages.get_ready()
    for name, chore in chores().items():
        engine().every_second(chore, sign=SIGNS.get(name))
    engine().ring_chores()
    bells.start()
    if settings.DIALER_METRICS_ADDRESS:
        serve_metrics(settings.DIALER_METRICS_ADDRESS)


@worker_shutting_down.connect
def stop_engine(**_: Any) -> None:
    """Let the requests under way be answered and recorded before the process ends."""
    bells.stop()
    running = running_engine()
    if running is not None:
        running.stop()


@cache
def chores() -> dict[str, Coalescer]:
    """Return the work that is done by looking at the database, by name."""
    running = engine()
    work = {
        "keep_home": lambda: _keep_home(running),
        "ring_due_accounts": _ring_due_accounts,
        "reconcile": _reconcile,
        "turn_campaigns": _turn_campaigns,
        "open_campaigns": _open_campaigns,
        "watch_campaigns": _watch_campaigns,
        "turn_dialers": lambda: _turn_dialers(running),
        "write_notes": _write_notes,
        "fold_counts": _fold_counts,
        "poll_capacity": lambda: _poll_capacity(running),
    }
    found = {name: running.coalescer(name=name, work=function) for name, function in work.items()}
    # A thread of its own: a large list takes long, and may not hold up what calls need.
    found["enrol"] = Coalescer(name="enrol", work=_enrol, pool=ThreadPoolExecutor(1, thread_name_prefix="enrolling"))
    return found


@shared_task(name="campaigns.pace")
def pace(*, account_id: int, **_: Any) -> None:
    """Ask for a turn of one account's pacing."""
    engine().ring(account_id)


@shared_task(name="campaigns.enrol")
def enrol(**_: Any) -> None:
    """Ask for the rest of large lists to be enrolled."""
    chores()["enrol"].ring()


@shared_task(name="campaigns.write_notes")
def write_notes(**_: Any) -> None:
    """Ask for notes on calls that wait to be written back."""
    chores()["write_notes"].ring()


@shared_task(name="campaigns.look")
def look(**_: Any) -> None:
    """Ask this worker's engine for all that it does by looking at the database, the inbox included."""
    engine().ring_chores()


@shared_task(name="campaigns.poll_capacity")
def poll_capacity(**_: Any) -> None:
    """Ask for the providers' capacity to be read where it is due."""
    chores()["poll_capacity"].ring()


@shared_task(name="campaigns.run_import")
def run_import(*, import_id: int, **_: Any) -> None:
    """Run one upload. Safe to repeat."""
    close_old_connections()
    import_contacts(import_id=import_id)
    sort_in()


@shared_task(name="campaigns.tell_expiring_keys")
def tell_of_keys(**_: Any) -> None:
    """Tell of API keys that expire soon."""
    close_old_connections()
    tell_expiring_keys(now=_now())


@shared_task(name="campaigns.check_counts")
def check_kept_counts(**_: Any) -> None:
    """Hold the kept counts of campaigns against their rows."""
    close_old_connections()
    check_counts(campaign_ids=to_check(now=_now()), now=_now())


@shared_task(name="campaigns.run_waiting_imports")
def run_imports(**_: Any) -> None:
    """Run uploads whose worker died or whose bell was lost."""
    close_old_connections()
    if run_waiting_imports():
        sort_in()


@shared_task(name=PREFLIGHT_TASK)
def run_preflight(*, run_id: int, **_: Any) -> None:
    """Make one preflight that was asked for. Safe to repeat."""
    close_old_connections()
    run_waiting_preflight(run_id=run_id, now=_now())


@shared_task(name="campaigns.run_waiting_preflights")
def run_preflights(**_: Any) -> None:
    """Make the preflights whose bell was lost."""
    close_old_connections()
    for run_id in unheard(now=_now()):
        run_waiting_preflight(run_id=run_id, now=_now())


#: Of a worker by PostgreSQL's clock where its own is wrong.
_now = best_now


_heartbeat = Heartbeat()
_told_clock_at_seconds: float | None = None  # None: nothing wrong was told of


def _keep_home(running: Engine) -> None:
    """Beat, and say when this worker's clock is wrong: it places nothing then."""
    global _told_clock_at_seconds
    is_right = running.clock.is_right()
    _heartbeat.beat(is_healthy=is_right)
    server_at = running.clock.server_at or _now()
    if not is_right and time.monotonic() - (_told_clock_at_seconds or float("-inf")) > TELL_CLOCK_EVERY_SECONDS:
        _told_clock_at_seconds = time.monotonic()
        ahead = running.clock.ahead_seconds
        log.error("nothing is placed: the clock is wrong", clock=in_words(ahead))
        report_clock(worker=WORKER, seconds_ahead=ahead, now=server_at)
    elif is_right and _told_clock_at_seconds is not None:
        _told_clock_at_seconds = None
        report_clock(worker=WORKER, seconds_ahead=None, now=server_at)


def _ring_due_accounts() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT unnest(ARRAY[account_id, fallback_account_id]) FROM campaigns_campaign
                WHERE state = 'RUNNING'"""
        )
        account_ids = [row[0] for row in cursor.fetchall() if row[0] is not None]
    for account_id in account_ids:
        engine().ring(account_id)


def _reconcile() -> None:
    reconcile(now=_now())


def _turn_campaigns() -> None:
    turn_campaigns(now=_now())


def _open_campaigns() -> None:
    open_due(now=_now())


def _fold_counts() -> None:
    fold_all()


def _enrol() -> None:
    if enrol_waiting(now=_now()) and not engine().is_stopping:
        chores()["enrol"].ring()


_watch = at_most_every(WATCH_EVERY_SECONDS, lambda: watch_campaigns(now=_now()))
_tell_results = at_most_every(TELL_RESULTS_EVERY_SECONDS, lambda: _tell_of_results(_now()))
_note_limits = at_most_every(NOTE_LIMITS_EVERY_SECONDS, lambda: note_limits(now=_now()))


def _watch_campaigns() -> None:
    _watch()
    _note_limits()
    _tell_results()


def _tell_of_results(now: datetime) -> None:
    note_silence(now=now)
    tell_of_missing_results(now=now)


#: Dialers that wait for their provider at one time in this process, and accounts whose notes do.
_dialers = Coalescers(name="hosting", work=lambda dialer_id: turn_dialer(dialer_id=dialer_id), threads=4)
_writers = Coalescers(name="notes", work=lambda account_id: write_due(account_id=account_id, clock=_now), threads=2)


def _turn_dialers(running: Engine) -> None:
    if not running.clock.is_right():
        return  # it would switch dialers on and off at the wrong time; other workers go on
    for dialer_id in due_dialers(now=_now()):
        _dialers.ring(dialer_id)


def _write_notes() -> None:
    for account_id in accounts_with_due_notes(now=_now()):
        _writers.ring(account_id)


def _poll_capacity(running: Engine) -> None:
    now = _now()
    again = now + timedelta(seconds=fleet.ANSWER_WITHIN_SECONDS)
    for account_id, asked_at in fleet.take_due_accounts(now=now, again=again).items():
        keep = partial(_keep_reading, running=running, account_id=account_id, asked_at=asked_at)
        try:
            channel = running.connections.of(account_id)
        except UndecryptableError:
            keep("is not asked: its stored credentials cannot be read")
            continue
        running.ask(fleet.ask(channel=channel), then=keep)


def _keep_reading(found: Capacity | str, *, running: Engine, account_id: int, asked_at: datetime) -> None:
    after = fleet.keep_reading(account_id=account_id, asked_at=asked_at, found=found, now=_now())
    if after < fleet.POLL_EVERY_SECONDS:
        # A little later than due, so that it is due.
        running.later(after + 0.01, chores()["poll_capacity"].ring)


@shared_task(name=ERASURE_TASK)
def run_erasure(**_: Any) -> None:
    """Erase the persons who wait for it. Safe to repeat."""
    close_old_connections()
    run_waiting_erasures()
