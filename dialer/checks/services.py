"""Whether PostgreSQL agrees with this machine on the time, and has room for all our processes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from django.core.checks import CheckMessage, Error, Warning
from django.db import connection

from dialer.checks.running import of_database
from dialer.database.lent import sessions_are_lent
from dialer.processes import CONNECTIONS_OF_AN_IMPORT, SWITCHING_THREADS, WORKER_THREADS, of_application_name

#: Hours, deadlines and signatures are judged by both clocks.
CLOCK_WARNS_AFTER = timedelta(seconds=2)
CLOCK_FAILS_AFTER = timedelta(seconds=5)
#: The quickest of so many looks tells best how late it is there.
LOOKS = 3
#: What docker-compose.yml starts: two web processes of 8 threads, a worker of 8, two imports at once, beat, a command.
USUAL_CONNECTIONS = 2 * (8 + SWITCHING_THREADS) + 8 + WORKER_THREADS + 2 * CONNECTIONS_OF_AN_IMPORT + 1 + 1 + 1


@of_database
def clocks_agree() -> list[CheckMessage]:
    """Compare this machine's clock with PostgreSQL's."""
    return judge_clock(clock_difference())


def clock_difference() -> timedelta:
    """Return how far PostgreSQL's clock is ahead of ours; the time that the question took is given to neither."""
    looks: list[tuple[timedelta, timedelta]] = []
    with connection.cursor() as cursor:
        for _ in range(LOOKS):
            asked_at = datetime.now(UTC)
            cursor.execute("SELECT clock_timestamp()")
            (theirs,) = cursor.fetchone()
            took = datetime.now(UTC) - asked_at
            looks.append((took, theirs - (asked_at + took / 2)))
    took, difference = min(looks)
    sure = max(timedelta(), abs(difference) - took / 2)
    return sure if difference > timedelta() else -sure


def judge_clock(ahead: timedelta) -> list[CheckMessage]:
    """Return what it means that PostgreSQL's clock is ahead of ours, or behind if negative."""
    seconds = f"{abs(ahead).total_seconds():.1f} s {'ahead of' if ahead > timedelta() else 'behind'}"
    text = f"PostgreSQL's clock is {seconds} this machine's: calls could start outside their hours, or be called LOST."
    hint = (
        "Let NTP set the clock of every machine, of PostgreSQL's and of the containers' hosts too (timedatectl status)."
    )
    if abs(ahead) > CLOCK_FAILS_AFTER:
        return [Error(text, hint=hint, id="dialer.E010")]
    return [Warning(text, hint=hint, id="dialer.W010")] if abs(ahead) > CLOCK_WARNS_AFTER else []


@of_database
def connections_suffice() -> list[CheckMessage]:
    """Compare what our processes may open with what PostgreSQL takes; a pooler that lends them has its own bound."""
    if sessions_are_lent():
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                      - COALESCE(current_setting('reserved_connections', true), '0')::int"""
        )
        (room,) = cursor.fetchone()
        cursor.execute("SELECT application_name FROM pg_stat_activity WHERE backend_type = 'client backend'")
        sessions = [name or "" for (name,) in cursor.fetchall()]
    return judge_connections(room=room, sessions=sessions)


def judge_connections(*, room: int, sessions: list[str]) -> list[CheckMessage]:
    """Return whether ``room`` suffices for the processes that have these sessions, or for the usual ones if more."""
    ours: Counter[str] = Counter()
    most = others = 0
    for name, count in Counter(sessions).items():
        process = of_application_name(name)
        if process is None:
            others += count
        else:
            ours[process.kind] += 1
            most += process.most_connections
    needed = max(most, USUAL_CONNECTIONS) + others
    if needed <= room:
        return []
    running = ", ".join(f"{count} {kind}" for kind, count in sorted(ours.items()))
    text = (
        f"PostgreSQL takes {room} connections, and up to {needed} may be wanted (running now: {running}; sessions of "
        f"others: {others}). When they run out, pushes and calls fail."
    )
    hint = f"Set max_connections to {needed + 10} or more there, or run fewer processes or threads (docs/operating.md)."
    return [Warning(text, hint=hint, id="dialer.W011")]
