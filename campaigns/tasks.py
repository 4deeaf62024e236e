"""Doorbells: tasks that carry ids at most, ring this worker's engine, and return at once."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from celery.exceptions import WorkerShutdown
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection

from campaigns.counting.checkups import check_counts, to_check
from campaigns.doorbells import listener
from campaigns.erasure.runs import TASK as ERASURE_TASK
from campaigns.erasure.runs import run_waiting as run_waiting_erasures
from campaigns.explaining.preflight_runs import TASK as PREFLIGHT_TASK
from campaigns.explaining.preflight_runs import run_waiting as run_waiting_preflight
from campaigns.explaining.preflight_runs import unheard
from campaigns.importing import run_import as import_contacts
from campaigns.importing import run_waiting_imports
from campaigns.importing.finding import sort_in
from campaigns.jobs.broken_off import take_up_broken_off
from campaigns.jobs.expiring_keys import tell_expiring_keys
from campaigns.jobs.retaining import retain_old_rows
from campaigns.jobs.tasks import export_results, import_source, sync_accounts
from campaigns.placing.engine import best_now, engine, places_calls, running_engine
from campaigns.promises.job import audit_promises
from campaigns.settling.opt_outs import get_ready
from campaigns.worker_chores import BY_SIGN_ALONE, chores, signs
from dialer.checks.pooler import CURE, SAID, are_lent_unsaid
from dialer.metrics.process import serve as serve_metrics
from dialer.traces import stages

log = structlog.get_logger(__name__)

__all__ = [
    "audit_promises",
    "export_results",
    "import_source",
    "retain_old_rows",
    "sync_accounts",
]  # tasks of their own module, found here by Celery

bells = listener()


@worker_ready.connect
def start_engine(sender: Any, **_: Any) -> None:
    """Start this worker's engine, so that it works without a bell; a worker of the batch queue has none."""
    if not places_calls(sender):
        return
    if are_lent_unsaid(connection):
        log.error("worker ends", reason=SAID, hint=CURE)
        raise WorkerShutdown(1)
    connection.close()  # the main thread's: nothing follows that would need it
    # Read now: it takes half a second, in which the first results would wait and their slots stay empty.
    get_ready()
    stages.get_ready()
    signed = signs()
    for name, chore in chores().items():
        engine().every_second(chore, sign=signed.get(name), by_sign_alone=name in BY_SIGN_ALONE)
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


@shared_task(name="campaigns.take_up_jobs")
def take_up_jobs(**_: Any) -> None:
    """Have scheduled jobs begun again whose worker was killed in the middle."""
    close_old_connections()
    take_up_broken_off(now=_now())


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


@shared_task(name=ERASURE_TASK)
def run_erasure(**_: Any) -> None:
    """Erase the persons who wait for it. Safe to repeat."""
    close_old_connections()
    run_waiting_erasures()
