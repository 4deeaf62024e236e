"""The heartbeat of the workers: says that this database is at work, and doubts its home rather than beat over a change.

A beat that finds another place, or a gap, turns the switchboard off until a person confirms
(``campaigns.lifecycle.home``). Claiming asks PostgreSQL by itself, so nothing is placed between a change and the beat
that finds it. Instants are PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from campaigns.models import Attempt, Campaign, CampaignState, Lead, NoticeKind
from campaigns.results.notices import notify
from dialer.acts.telephone import TURN_SWITCH
from dialer.audit import record
from dialer.home.allowing import AT_HOME
from dialer.home.comparing import Difference, Home, differences, is_same_server, joined
from dialer.home.reading import read_home
from dialer.models import Installation, Switchboard
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: All workers together write a beat this often.
BEAT_EVERY_SECONDS = 3
#: PostgreSQL's clock may be set back by so much.
SET_BACK = timedelta(minutes=1)
#: So many campaigns are named.
MOST_NAMED = 50
BY = "Dialer"

_LOOK = f"""
SELECT {AT_HOME}, i.doubt_since IS NOT NULL, i.seen_at, pg_postmaster_start_time(),
       i.seen_at > clock_timestamp() - make_interval(secs => %(every)s)
       AND (NOT %(healthy)s OR COALESCE(i.healthy_at > clock_timestamp() - make_interval(secs => %(every)s), FALSE))
  FROM dialer_installation i WHERE i.id = 1
"""  # noqa: S608
_BEAT = f"""
UPDATE dialer_installation i
   SET seen_at = GREATEST(i.seen_at, clock_timestamp()),
       good_until = clock_timestamp() + make_interval(secs => %(pause)s),
       healthy_at = CASE WHEN %(healthy)s THEN clock_timestamp() ELSE i.healthy_at END
 WHERE i.id = 1 AND ({AT_HOME}) RETURNING seen_at
"""  # noqa: S608


class Heartbeat:
    """The beat of one process. It compares the whole home when it starts, after each start of the server, and after
    each doubt; in between it asks for what is in PostgreSQL's memory.
    """

    def __init__(self) -> None:
        self._compared_with: datetime | None = None
        self._seen_at: datetime | None = None

    def beat(self, *, is_healthy: bool = True) -> bool:
        """Beat if it is time; return whether the database is at home. Unhealthy: of a worker that places nothing."""
        asked = {
            "every": BEAT_EVERY_SECONDS,
            "healthy": is_healthy,
            "pause": settings.DIALER_LONGEST_PAUSE_SECONDS,
        }
        with hot_cursor() as cursor:
            cursor.execute(_LOOK, asked)
            row = cursor.fetchone()
            if row is None:
                return False
            is_home, is_doubted, seen_at, server_started_at, is_fresh = row
            went_back = self._seen_at is not None and seen_at is not None and seen_at < self._seen_at
            is_new = seen_at is None or server_started_at != self._compared_with
            if is_new or went_back or not (is_home or is_doubted):
                is_home = judge(known_seen_at=self._seen_at)
                self._compared_with = server_started_at
            elif is_home and not is_fresh:
                cursor.execute(_BEAT, asked)
                row = cursor.fetchone()
                seen_at = row[0] if row else seen_at
        self._seen_at = seen_at if is_home else None
        if is_doubted:
            self._compared_with = None if is_home else server_started_at
        return bool(is_home)


def judge(*, is_worker: bool = True, known_seen_at: datetime | None = None) -> bool:
    """Compare the whole home; affirm it, or write the doubt. Return whether the database is at home.

    Not a worker: a command may run anywhere, so its addresses say nothing, and it does not affirm.
    ``known_seen_at``: the process has seen the database at work until then.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        row = Installation.objects.select_for_update().filter(pk=1).first()
        if row is None:
            return False
        found = read_home(cursor, with_addresses=is_worker)
        cursor.execute("SELECT clock_timestamp(), pg_postmaster_start_time()")
        at, server_started_at = cursor.fetchone()
        if row.doubt_since is not None and is_same_server(Home.from_json(row.doubt["found"]), found):
            return False
        reasons = _reasons(row, found, at=at, known_seen_at=known_seen_at)
        # Where there is nobody to ring, nobody can be rung twice.
        if row.doubt_since is None and (not reasons or not Lead.objects.exists()):
            if is_worker:
                affirm(row, found, at=at, server_started_at=server_started_at)
            return True
        _doubt(row, found, reasons, at=at)
    return False


def affirm(row: Installation, found: Home, *, at: datetime, server_started_at: datetime) -> None:
    """Write down that the database is at home where it was found. The row is locked by the caller."""
    home = joined(Home.from_json(row.home), found) if row.home else found
    row.home, row.database_oid, row.table_oid = home.as_json(), found.database_oid, found.table_oid
    row.server_started_at, row.seen_at = server_started_at, at
    row.good_until = at + timedelta(seconds=settings.DIALER_LONGEST_PAUSE_SECONDS)
    row.doubt_since, row.doubt = None, {}
    row.save()


def _reasons(row: Installation, found: Home, *, at: datetime, known_seen_at: datetime | None) -> list[Difference]:
    """Return what speaks against this being the home: another place, an older state, a gap."""
    reasons = differences(home=Home.from_json(row.home), found=found) if row.home else []
    if row.seen_at is None:
        return reasons
    last = row.seen_at
    if known_seen_at is not None and last < known_seen_at:
        reasons.append(_times("last at work: an older state was put in place", known_seen_at, last))
    if at - last > timedelta(seconds=settings.DIALER_LONGEST_PAUSE_SECONDS):
        reasons.append(_times("last at work", last, at))
    elif last - at > SET_BACK:
        reasons.append(_times("PostgreSQL's clock, which was set back", last, at))
    return reasons


def _times(what: str, was: datetime, now: datetime) -> Difference:
    return Difference(what=what, was=f"{was:%Y-%m-%d %H:%M:%S} UTC", now=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _doubt(row: Installation, found: Home, reasons: Sequence[Difference], *, at: datetime) -> None:
    """Write the doubt with what was under way, turn the switchboard off, and tell."""
    row.doubt = {
        "differences": [one.as_json() for one in reasons],
        "found": found.as_json(),
        **_under_way(),
    }
    row.doubt_since = at
    reason = f"This database may be a copy ({', '.join(one.what for one in reasons)}): confirm that it is the only one"
    values: dict[str, Any] = {"dialing_allowed": False, "reason": reason[:200], "changed_by": BY}
    board, is_new = Switchboard.objects.get_or_create(pk=1, defaults=values)
    if is_new or board.dialing_allowed:
        row.has_switched_off = True
        board, _ = Switchboard.objects.update_or_create(pk=1, defaults=values)
        act, changes = TURN_SWITCH.name, {"dialing_allowed": [True, False]}
        record(act=act, what="Stopped all dialing", subject=board, changes=changes, reason=reason, now=at)
    row.save()
    text = f"All dialing is stopped: this database may be a copy. {'; '.join(map(str, reasons))}"
    notify(campaign_id=None, kind=NoticeKind.MAY_BE_A_COPY, text=text, now=at)
    log.error("dialing stopped: this database may be a copy", differences=[str(one) for one in reasons])


def _under_way() -> dict[str, Any]:
    """Return what would go on by itself: campaigns by name, and how many attempts had no end."""
    open_states = (CampaignState.RUNNING, CampaignState.SCHEDULED)
    running = Campaign.objects.filter(state__in=open_states).order_by("id").values_list("name", flat=True)
    return {"running": list(running[:MOST_NAMED]), "live": Attempt.objects.filter(ended_at=None).count()}
