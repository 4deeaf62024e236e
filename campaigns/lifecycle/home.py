"""What a person is shown of a doubt about the home, and the confirming that ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import BooleanField, DateTimeField, Exists, Func
from django.db.models.expressions import RawSQL

from campaigns.hosting.switching import not_surely_off
from campaigns.lifecycle.heartbeat import affirm, judge
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import HostedDialer, NoticeKind
from campaigns.results.notices import notify
from campaigns.states.campaigns import UnableToOperate
from dialer.acts.telephone import CONFIRM_HOME
from dialer.audit import record
from dialer.home.allowing import AT_HOME
from dialer.home.comparing import Home, is_same_server
from dialer.home.reading import read_home
from dialer.models import Installation, Switchboard

log = structlog.get_logger(__name__)

# Whose clock is wrong may be the machine that asks, too.
_CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())
_AT_HOME = RawSQL(  # noqa: S611  # of our own words alone
    f"EXISTS (SELECT 1 FROM dialer_installation i WHERE {AT_HOME})",  # noqa: S608
    [],
    output_field=BooleanField(),
)
#: A wrong clock that nobody has told of for so long is no longer wrong, or its worker is gone.
TOLD_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeShown:
    """The home as people see it, at an instant of PostgreSQL's clock. ``doubt_since`` None: it is at home."""

    at: datetime | None = None
    doubt_since: datetime | None = None
    differences: tuple[dict[str, str], ...] = ()
    last_seen_at: datetime | None = None
    running_campaigns: tuple[str, ...] = ()
    live_attempts: int = 0
    # Names of campaigns whose dialers at the provider may be on: they are not touched while in doubt.
    dialers_on: tuple[str, ...] = ()
    unknown_references: int = 0
    unknown_since: datetime | None = None
    unknown_at: datetime | None = None
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    # Seconds by which a worker's clock is ahead of PostgreSQL's, by the worker's name.
    wrong_clocks: dict[str, float] = field(default_factory=dict)
    healthy_at: datetime | None = None
    # As PostgreSQL judges it, see dialer.home.allowing; without a row nothing is at home.
    is_at_home: bool = False
    is_dialing_stopped: bool = False

    @property
    def has_healthy_worker(self) -> bool:
        """Whether a worker whose clock is right has been at work lately."""
        return self.healthy_at is not None and self.at is not None and self.at - self.healthy_at < TOLD_WITHIN

    @property
    def is_in_doubt(self) -> bool:
        """Whether a person has to confirm before anybody is rung."""
        return self.doubt_since is not None


def shown() -> HomeShown:
    """Return what is known of the home now. One statement, unless it is in doubt."""
    stopped = Switchboard.objects.filter(dialing_allowed=False)
    row = Installation.objects.filter(pk=1).annotate(at=_CLOCK, at_home=_AT_HOME, stopped=Exists(stopped)).first()
    if row is None:
        return HomeShown(is_dialing_stopped=stopped.exists())
    at: datetime = row.at
    return HomeShown(
        at=at,
        is_at_home=row.at_home,
        is_dialing_stopped=row.stopped,
        doubt_since=row.doubt_since,
        differences=tuple(row.doubt.get("differences", ())),
        last_seen_at=row.seen_at,
        running_campaigns=tuple(row.doubt.get("running", ())),
        live_attempts=row.doubt.get("live", 0),
        dialers_on=_dialers_on() if row.doubt_since else (),
        unknown_references=row.unknown_references,
        unknown_since=row.unknown_since,
        unknown_at=row.unknown_at,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        wrong_clocks=wrong_clocks(row, at=at),
        healthy_at=row.healthy_at,
    )


def wrong_clocks(row: Installation, *, at: datetime) -> dict[str, float]:
    """Return the workers that place nothing as their clocks are wrong, and by how many seconds they are ahead."""
    since = at - TOLD_WITHIN
    return {
        worker: one["ahead"] for worker, one in row.clocks.items() if datetime.fromisoformat(one["told_at"]) >= since
    }


def confirm(*, since: datetime, by: str, allow_dialing: bool = True, now: datetime) -> None:
    """Let this database be the one that dials, from now on. Raises UnableToOperate.

    ``since``: of the doubt that the person was shown; another one has to be looked at first. With ``allow_dialing``
    the switchboard is on again, if it was the doubt that turned it off.
    """
    if judge(is_worker=False):
        raise UnableToOperate(["There is no doubt to end: this database is at home."])
    with transaction.atomic(), connection.cursor() as cursor:
        row = Installation.objects.select_for_update().filter(pk=1, doubt_since__isnull=False).first()
        if row is None or row.doubt_since != since:
            raise UnableToOperate(["The doubt is another one by now: look again."])
        place = read_home(cursor, with_addresses=False)
        found = Home.from_json(row.doubt["found"])
        if not is_same_server(found, place):
            raise UnableToOperate(["The database has just changed its place: look again."])
        cursor.execute("SELECT clock_timestamp(), pg_postmaster_start_time()")
        at, server_started_at = cursor.fetchone()
        was_on = row.has_switched_off
        row.has_switched_off, row.confirmed_at, row.confirmed_by = False, at, by[:150]
        row.unknown_references, row.unknown_since, row.unknown_at = 0, None, None
        affirm(row, found, at=at, server_started_at=server_started_at)
        if was_on:
            reason = "This database was confirmed as the one that dials"
            Switchboard.objects.filter(pk=1).update(reason=reason, changed_by=by[:150], changed_at=now)
        notify(campaign_id=None, kind=NoticeKind.HOME_CONFIRMED, text=f"Confirmed by {by}.", now=at)
        record(act=CONFIRM_HOME.name, what="Confirmed that this database dials", subject=row, now=now)
    log.warning("home confirmed", by=by, allow_dialing=was_on and allow_dialing)
    if was_on and allow_dialing:
        set_dialing_allowed(allowed=True, reason="Home confirmed", by=by, now=now)


def report_clock(*, worker: str, seconds_ahead: float | None, now: datetime) -> None:
    """Keep that a worker's clock is wrong, and tell of it once; None: it is right again. ``now``: PostgreSQL's."""
    with transaction.atomic():
        row = Installation.objects.select_for_update().filter(pk=1).first()
        if row is None:
            return
        told = row.clocks.get(worker)
        since = (now - TOLD_WITHIN).isoformat()
        clocks = {name: one for name, one in row.clocks.items() if one["told_at"] >= since and name != worker}
        if seconds_ahead is not None:
            clocks[worker] = {"ahead": round(seconds_ahead, 1), "told_at": now.isoformat()}
            if told is None:
                text = f"Worker {worker} places nothing: its clock is {in_words(seconds_ahead)}. Set it right."
                notify(campaign_id=None, kind=NoticeKind.CLOCK_WRONG, text=text, now=now)
        Installation.objects.filter(pk=1).update(clocks=clocks)


def in_words(seconds_ahead: float) -> str:
    """Return how a clock is wrong."""
    return f"{abs(seconds_ahead):.1f} s {'ahead of' if seconds_ahead > 0 else 'behind'} PostgreSQL's"


def _dialers_on() -> tuple[str, ...]:
    found = HostedDialer.objects.filter(pk__in=not_surely_off(of=HostedDialer.objects.all())).select_related("campaign")
    return tuple(one.campaign.name for one in found.order_by("id"))
