"""At which pace calls end, and when what is left is done at it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

#: Calls a minute are those that ended within this time, so that one long call says little.
PACE_OVER = timedelta(minutes=5)
#: What has just begun says nothing of when it is done.
SAYS_NOTHING = timedelta(seconds=30)


def per_minute(calls: int) -> float:
    """Return the pace of so many calls that ended within PACE_OVER."""
    return calls / (PACE_OVER.total_seconds() / 60)


def done_about(
    *, left: int, done: int, calls: int, per_minute: float, now: datetime, started_at: datetime | None = None
) -> datetime | None:
    """Return when ``left`` leads are done at this pace, each taking as many calls as the ``done`` ones took. Pure.

    One that ``started_at`` within PACE_OVER has been at its pace for as long as that; None in its first half minute.
    """
    if not left or per_minute <= 0:
        return None
    if started_at is not None and (lasted := now - started_at) < PACE_OVER:
        if lasted < SAYS_NOTHING:
            return None
        per_minute *= PACE_OVER / lasted
    calls_a_lead = max(1.0, calls / done) if done else 1.0
    return now + timedelta(minutes=left * calls_a_lead / per_minute)
