"""Whether the house dials at all, besides its switchboard: the home of the database, and the clocks of its workers."""

from __future__ import annotations

from campaigns.explaining.checks import Check, Limit, Mends
from campaigns.lifecycle.home import shown
from dialer.home.allowing import is_at_home


def home_check() -> Check:
    """Return whether this database may be a copy, or no worker has been at work for too long."""
    if is_at_home():
        return Check(limit=Limit.HOME, said="The database is at home.")
    home = shown()
    values = {"since": home.doubt_since or home.last_seen_at}
    if home.is_in_doubt:
        differs = "; ".join(f"{one['what']}: {one['was']} → {one['now']}" for one in home.differences)
        said = f"This database may be a copy ({differs}): nobody is called until a person confirms it."
        return Check(limit=Limit.HOME, said=said, mends=Mends.PERSON, values=values)
    last = f"{home.last_seen_at:%Y-%m-%d %H:%M:%S} UTC" if home.last_seen_at else "an unknown instant"
    said = f"No worker has been at work on this database since {last}."
    return Check(limit=Limit.HOME, said=said, mends=Mends.PERSON, values=values)


def clock_check() -> Check:
    """Return whether the workers are right about the time; one that is not places nothing, others go on."""
    home = shown()
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
