"""Preflights as they are asked for: at once where the campaign is small, else by a worker of long work.

A web process has few threads, and a large preflight reads for minutes. So each user has one at a time, a small one
has a few seconds, and what takes longer becomes a row that a worker picks up. The bell for it may be lost or doubled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import structlog
from celery import current_app
from django.db import IntegrityError, OperationalError, connection, transaction

from campaigns.explaining.preflight import STEPS, preflight
from campaigns.models import Campaign, Contact, PreflightRun, PreflightState
from dialer.advisory_locks import AdvisoryLock, try_take
from dialer.database.lent import statements_within
from dialer.sql import ran_out_of_time

log = structlog.get_logger(__name__)

#: Above so many contacts nothing is tried at once.
LARGE_CONTACTS = 50_000
#: How long one statement of a preflight may take, in seconds: while somebody waits for it, and in a worker.
PATIENCE_SECONDS, WORKER_PATIENCE_SECONDS = 5, 600
#: A run that has not ended after so long has died with its process.
GIVEN_UP_AFTER = timedelta(minutes=45)
#: A bell that no worker has heard for so long is taken as lost.
HEARD_WITHIN = timedelta(seconds=10)
#: Finished ones are kept for so long.
KEPT_FOR = timedelta(days=7)
TASK = "campaigns.run_preflight"
_UNDER_WAY = (PreflightState.WAITING, PreflightState.RUNNING)


class PreflightUnderWay(Exception):
    """Another preflight of the same user is being made; ``run`` None: one of a small campaign."""

    def __init__(self, run: PreflightRun | None) -> None:
        super().__init__("Another preflight of yours is being made. Wait for it: each user has one at a time.")
        self.run = run


def look(
    *, campaign: Campaign, assumed: Mapping[str, Any], now: datetime, user_id: int | None, by: str
) -> dict[str, Any] | PreflightRun:
    """Return the preflight as plain values, or the run that a worker makes of it. Raises PreflightUnderWay."""
    mine = PreflightRun.objects.filter(asked_by=by, state__in=_UNDER_WAY)
    under_way = mine.filter(asked_at__gt=now - GIVEN_UP_AFTER).first()
    if under_way is not None:
        if (under_way.campaign_id, under_way.assumed) == (campaign.pk, dict(assumed)):
            return under_way
        raise PreflightUnderWay(under_way)
    if not is_large(campaign):
        try:
            return _at_once(campaign, assumed, now, user_id)
        except OperationalError as error:
            if not ran_out_of_time(error):
                raise
    return _ask(campaign, assumed, now, by)


def is_large(campaign: Campaign) -> bool:
    """Return whether the campaign's lists have more than LARGE_CONTACTS contacts; reads no more than these."""
    contacts = Contact.objects.filter(contact_list__in=campaign.contact_lists.all())
    return contacts[: LARGE_CONTACTS + 1].count() > LARGE_CONTACTS


def _at_once(campaign: Campaign, assumed: Mapping[str, Any], now: datetime, user_id: int | None) -> dict[str, Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        if not try_take(cursor, AdvisoryLock.PREFLIGHT, which=user_id or 0):
            raise PreflightUnderWay(None)
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"])
        return preflight(campaign=campaign, now=now, **assumed).as_dict()


def _ask(campaign: Campaign, assumed: Mapping[str, Any], now: datetime, by: str) -> PreflightRun:
    PreflightRun.objects.filter(asked_by=by, asked_at__lt=now - KEPT_FOR).delete()
    # One that has died must not keep its user waiting for ever.
    PreflightRun.objects.filter(asked_by=by, state__in=_UNDER_WAY, asked_at__lte=now - GIVEN_UP_AFTER).update(
        state=PreflightState.FAILED, ended_at=now, problem="No worker has made it. Is the batch worker running?"
    )
    try:
        with transaction.atomic():
            made = PreflightRun.objects.create(campaign=campaign, asked_by=by, assumed=dict(assumed), asked_at=now)
    except IntegrityError as error:  # asked for twice at the same instant
        raise PreflightUnderWay(PreflightRun.objects.filter(asked_by=by, state__in=_UNDER_WAY).first()) from error
    transaction.on_commit(lambda: _ring(made.pk))
    return made


def run_waiting(*, run_id: int, now: datetime) -> bool:
    """Make a preflight that was asked for; False where it does not wait: the bell came twice, or late."""
    begun = PreflightRun.objects.filter(pk=run_id, state=PreflightState.WAITING).update(
        state=PreflightState.RUNNING, begun_at=now
    )
    if begun != 1:
        return False
    run = PreflightRun.objects.select_related(
        "campaign__account__gate",
        "campaign__template",
        "campaign__fallback_account__gate",
        "campaign__fallback_template",
    ).get(pk=run_id)
    try:
        found = _make(run, now)
    except Exception as error:
        slow = isinstance(error, OperationalError) and ran_out_of_time(error)
        problem = f"It reads for more than {WORKER_PATIENCE_SECONDS} s at one step." if slow else type(error).__name__
        log.warning("preflight failed", run_id=run_id, campaign_id=run.campaign_id, exc_info=not slow)
        _end(run, state=PreflightState.FAILED, problem=f"It failed: {problem}")
        return True
    # As the API writes it, so that what is stored is what it would have answered.
    _end(run, state=PreflightState.DONE, result=orjson.loads(orjson.dumps(found, option=orjson.OPT_UTC_Z)))
    return True


def _make(run: PreflightRun, now: datetime) -> dict[str, Any]:
    def tell(step: str) -> None:
        mine = PreflightRun.objects.filter(pk=run.pk, state=PreflightState.RUNNING)
        mine.update(step=step, steps_done=STEPS.index(step))

    with statements_within(seconds=WORKER_PATIENCE_SECONDS):
        return preflight(campaign=run.campaign, now=now, tell=tell, **run.assumed).as_dict()


def _end(run: PreflightRun, **values: Any) -> None:
    # One that was given up meanwhile stays given up.
    mine = PreflightRun.objects.filter(pk=run.pk, state=PreflightState.RUNNING)
    mine.update(**values, ended_at=datetime.now(UTC), step="", steps_done=len(STEPS))


def unheard(*, now: datetime) -> list[int]:
    """Return the runs that wait although their bell must have been heard by now, oldest first."""
    waiting = PreflightRun.objects.filter(state=PreflightState.WAITING, asked_at__lt=now - HEARD_WITHIN)
    return list(waiting.order_by("id").values_list("pk", flat=True))


def result_of(run: PreflightRun) -> dict[str, Any]:
    """Return what a DONE run has found, with instants as datetimes."""
    found = dict(run.result or {})
    hours = [{**hour, "hour": datetime.fromisoformat(hour["hour"])} for hour in found["hours"]]
    found.setdefault("accounts", [])  # made before it spoke of them
    instants = {name: _instant(found.get(name)) for name in ("at", "first_call_at", "finish_at")}
    return {**found, **instants, "hours": hours}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _ring(run_id: int) -> None:
    try:
        current_app.send_task(TASK, kwargs={"run_id": run_id}, ignore_result=True)
    except Exception as error:  # the beat's bell makes up for it
        log.warning("bell not published", error=type(error).__name__)
