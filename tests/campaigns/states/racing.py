"""What races are made of: rows that a test holds, threads that wait for them, leads in another order on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from campaigns.models import Attempt, Campaign
from campaigns.settling.reconciling import reconcile
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, claimed

ANSWERED = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED)
BUSY = CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY)
PATIENCE_SECONDS = 10


def own_connection(work: Callable[[], Any]) -> Any:
    """Run ``work`` on a connection of its thread's own, which is closed at the end."""
    try:
        return work()
    finally:
        connection.close()


class Race:
    """Threads that are started one after the other, each once the one before waits for a lock."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._runners: list[Future[Any]] = []

    def start(self, *works: Callable[[], Any]) -> None:
        """Start these in their order; return when all wait."""
        for work in works:
            self._runners.append(self._pool.submit(own_connection, work))
            until(lambda: waiting() >= len(self._runners))

    def begin(self, work: Callable[[], Any]) -> None:
        """Start this, and do not care how far it comes: it may wait, or be done."""
        self._runners.append(self._pool.submit(own_connection, work))
        until(lambda: self._runners[-1].done() or waiting() >= len(self._runners))

    def run(self, work: Callable[[], Any]) -> Any:
        """Run this to its end beside the test's own transaction; return what it returns."""
        return self._pool.submit(own_connection, work).result(timeout=PATIENCE_SECONDS)

    def end(self) -> None:
        """Wait until all that was started has come to its end. Raises what one raised."""
        for runner in self._runners:
            runner.result(timeout=PATIENCE_SECONDS)


@contextmanager
def beside_a_transaction() -> Iterator[Race]:
    """Give a race against what the block does in one transaction, which is committed at its end."""
    with ThreadPoolExecutor(4) as pool:
        race = Race(pool)
        with transaction.atomic():
            yield race
        race.end()


@contextmanager
def holding(rows: QuerySet[Any]) -> Iterator[Race]:
    """Give a race against the block's transaction, which holds these rows."""
    with beside_a_transaction() as race:
        assert list(rows.select_for_update(no_key=True)) != []
        yield race


def waiting() -> int:
    """Return how many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def until(condition: Callable[[], bool]) -> None:
    """Return once it is so."""
    deadline_seconds = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline_seconds, "it does not come to this"
        time.sleep(0.005)


def backwards_on_disk(made: Campaign) -> None:
    """Let the leads of a campaign lie in the opposite order of their ids, as they do once each was written to."""
    for rank in (25, 26):
        for lead in made.leads.order_by("-id"):
            made.leads.filter(pk=lead.pk).update(rank=rank)


def on_the_line(made: Campaign, calls: int) -> list[int]:
    """Return so many attempts of the campaign that the provider has taken."""
    ids = sorted(call.attempt_id for call in claimed(made.account, room=calls).reserved)
    assert len(ids) == calls
    Attempt.objects.filter(pk__in=ids).update(state="PLACED", placing_at=NOON)
    return ids


def lost(made: Campaign, calls: int) -> list[int]:
    """Return so many attempts of the campaign that ended as LOST, their leads waiting for another one."""
    ids = on_the_line(made, calls)
    Attempt.objects.filter(pk__in=ids).update(deadline_at=NOON - timedelta(seconds=1))
    reconcile(now=NOON)
    assert set(Attempt.objects.filter(pk__in=ids).values_list("outcome", flat=True)) == {"LOST"}
    return ids


def told(attempt_ids: Sequence[int], report: CallReport) -> Callable[[], Any]:
    """Return the settling of one report for each attempt."""
    return lambda: settle(reports=[(attempt_id, report) for attempt_id in attempt_ids], now=NOON)
