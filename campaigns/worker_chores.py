"""What a worker does by looking at the database, about once a second: its chores, and the signs of work for them."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial

import structlog

from campaigns.calls.note_writing import accounts_with_due_notes, write_due
from campaigns.claiming import fleet
from campaigns.counting.folding import fold_all
from campaigns.explaining.limit_spans import note_limits
from campaigns.hosting.turning import due_dialers
from campaigns.hosting.turning import turn as turn_dialer
from campaigns.leads.enrolling import enrol_waiting
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.completion import turn_campaigns
from campaigns.lifecycle.heartbeat import Heartbeat
from campaigns.lifecycle.home import in_words, report_clock
from campaigns.lifecycle.missing_results import note_silence, tell_of_missing_results
from campaigns.lifecycle.schedule import open_due
from campaigns.placing.chores import at_most_every
from campaigns.placing.engine import Engine, best_now, engine
from campaigns.settling.reconciling import PLACING_MARGIN_SECONDS, RESERVED_FOR_SECONDS, reconcile
from dialer import providers
from dialer.encryption import UndecryptableError
from dialer.looping import Coalescer, Coalescers
from dialer.providers.base import Capacity
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Campaigns are looked at for too many failures this often, by each worker.
WATCH_EVERY_SECONDS = 5.0
#: What holds running campaigns back is looked at this often, by each worker: so exact is "since when".
NOTE_LIMITS_EVERY_SECONDS = 10.0
#: Whether results of accounts stay away is looked at this often, by each worker.
TELL_RESULTS_EVERY_SECONDS = 15.0
#: How often a worker says that its clock is wrong.
TELL_CLOCK_EVERY_SECONDS = 5.0

_RUNNING = "SELECT FROM campaigns_campaign WHERE state = 'RUNNING'"
#: By what in the database it is seen that there may be something for a chore. What has none asks little, or seldom.
#: As near to what the chore looks for as one statement can say: while calls are under way, looking for nothing cost
#: more than looking for its sign. A chore may see more than its sign says, and is rung in five seconds anyway.
#: In an order, as an index has it, where statistics may say that rows of a large table are like that: else PostgreSQL
#: looks for the first one from the table's beginning. Without OFFSET 0 it leaves the order of an EXISTS out.
_SIGNS = {
    "ring_due_accounts": _RUNNING,
    "reconcile": f"""
        SELECT FROM campaigns_attempt
         WHERE ended_at IS NULL
           AND (deadline_at < now()
                OR (state = 'RESERVED' AND send_at < now() - interval '{RESERVED_FOR_SECONDS} seconds')
                OR (state = 'PLACING' AND placing_at < now() - interval '{PLACING_MARGIN_SECONDS} seconds'))
         ORDER BY deadline_at OFFSET 0""",
    # What was just stopped may get a lead back.
    "turn_campaigns": """
        SELECT FROM campaigns_campaign c
         WHERE (state IN ('RUNNING', 'PAUSED')
                AND (ends_at <= now()
                     OR (NOT is_standing AND enrolling_after_id IS NULL
                         AND (state = 'RUNNING'
                              OR EXISTS (SELECT FROM campaigns_campaignnotice n
                                          WHERE n.campaign_id = c.id AND n.created_at = c.state_changed_at))
                         AND (SELECT 1 FROM campaigns_lead l
                               WHERE l.campaign_id = c.id AND l.state IN ('PENDING', 'DIALING')
                               ORDER BY l.state LIMIT 1) IS NULL)))
            OR (state = 'STOPPED' AND state_changed_at > now() - interval '1 minute')""",
    "open_campaigns": "SELECT FROM campaigns_campaign WHERE state = 'SCHEDULED'",
    "turn_dialers": "SELECT FROM campaigns_hosteddialer UNION ALL "
    "SELECT FROM campaigns_campaign WHERE state = 'RUNNING' AND runs_on = 'PROVIDER'",
    "write_notes": "SELECT FROM campaigns_callnote WHERE state IN ('WAITING', 'SENDING')",
    # By its key: of a table that is folded away all the time, the rows that are gone would be read as well.
    "fold_counts": "SELECT FROM campaigns_countchange ORDER BY id OFFSET 0",
    "enrol": "SELECT FROM campaigns_campaign WHERE enrolling_after_id IS NOT NULL",
}
_POLLED = """
SELECT FROM campaigns_campaign c
  JOIN dialer_accountgate g ON g.account_id IN (c.account_id, c.fallback_account_id)
  JOIN dialer_provideraccount p ON p.id = g.account_id
 WHERE c.state = 'RUNNING' AND p.is_active AND COALESCE(g.next_capacity_poll_at, '-infinity') <= now()
   AND p.provider IN ({slugs})"""


#: Chores whose sign is all that they look for.
BY_SIGN_ALONE = frozenset({"enrol"})


def signs() -> dict[str, str]:
    """Return the signs by the name of their chore, as SELECTs; of providers, those that are registered now."""
    slugs = ", ".join(f"'{slug}'" for slug in providers.able("reports_capacity"))
    return {**_SIGNS, **({"poll_capacity": _POLLED.format(slugs=slugs)} if slugs else {})}


#: Of a worker by PostgreSQL's clock where its own is wrong.
_now = best_now


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
    found = {name: running.coalescer(name=name, work=function, waited_for=False) for name, function in work.items()}
    # A thread of its own: a large list takes long, and may not hold up what calls need.
    found["enrol"] = Coalescer(name="enrol", work=_enrol, pool=ThreadPoolExecutor(1, thread_name_prefix="enrolling"))
    return found


def this_worker() -> str:
    """Return this worker's name as people are told it; asked each time, as the process may be forked later."""
    return f"{socket.gethostname()} (process {os.getpid()})"


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
        report_clock(worker=this_worker(), seconds_ahead=ahead, now=server_at)
    elif is_right and _told_clock_at_seconds is not None:
        _told_clock_at_seconds = None
        report_clock(worker=this_worker(), seconds_ahead=None, now=server_at)


def _ring_due_accounts() -> None:
    with hot_cursor() as cursor:
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
