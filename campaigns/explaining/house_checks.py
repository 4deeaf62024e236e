"""Whether the house dials at all: the home of the database, the switchboard, and the clocks of its workers."""

from __future__ import annotations

from campaigns.explaining.checks import Check, Limit, Mends
from campaigns.lifecycle.home import HomeShown, shown
from dialer.models import Switchboard


def house_checks() -> tuple[Check, ...]:
    """Return whether anything is dialed at all. One statement, where nothing keeps it from dialing."""
    home = shown()
    return _home(home), _switchboard(home), _clocks(home)


def _home(home: HomeShown) -> Check:
    """Return whether this database may be a copy, or no worker has been at work for too long."""
    if home.is_at_home:
        return Check(limit=Limit.HOME, said="The database is at home.")
    values = {"since": home.doubt_since or home.last_seen_at}
    if home.is_in_doubt:
        differs = "; ".join(f"{one['what']}: {one['was']} → {one['now']}" for one in home.differences)
        said = f"This database may be a copy ({differs}): nobody is called until a person confirms it."
        return Check(limit=Limit.HOME, said=said, mends=Mends.PERSON, values=values)
    last = f"{home.last_seen_at:%Y-%m-%d %H:%M:%S} UTC" if home.last_seen_at else "an unknown instant"
    said = f"No worker has been at work on this database since {last}."
    return Check(limit=Limit.HOME, said=said, mends=Mends.PERSON, values=values)


def _switchboard(home: HomeShown) -> Check:
    off = Switchboard.objects.filter(dialing_allowed=False).first() if home.is_dialing_stopped else None
    if off is None:
        return Check(limit=Limit.KILL_SWITCH, said="Dialing is allowed.")
    said = f"All dialing is stopped by {off.changed_by or 'somebody'}: {off.reason or 'no reason given'}."
    return Check(limit=Limit.KILL_SWITCH, said=said, mends=Mends.PERSON, values={"since": off.changed_at})


def _clocks(home: HomeShown) -> Check:
    """Return whether the workers are right about the time; one that is not places nothing, others go on."""
    if not home.wrong_clocks or home.has_healthy_worker:
        said = "Workers are right about the time."
        return Check(limit=Limit.CLOCK, said=said, values={"wrong": home.wrong_clocks} if home.wrong_clocks else {})
    wrong = ", ".join(f"{worker} by {ahead:+.1f} s" for worker, ahead in home.wrong_clocks.items())
    return Check(
        limit=Limit.CLOCK,
        said=f"No worker is right about the time: {wrong}.",
        mends=Mends.PERSON,
        values={"wrong": home.wrong_clocks, "since": home.healthy_at},
    )
