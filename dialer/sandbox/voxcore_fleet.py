"""What a VoxCore fleet counts: late, from 0 after a restart, and without the calls that were transferred."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import Any

from dialer.sandbox.calls import Call
from dialer.sandbox.converting import Count, Flag, Seconds
from dialer.sandbox.settings import AccountSettings


@dataclass(slots=True, kw_only=True)
class Settings(AccountSettings):
    """The settings of a VoxCore account."""

    #: A reading is of an instant so long before it is asked for.
    fleet_lag_seconds: Seconds = 0.0
    #: The second worker cannot be reached.
    fleet_unreachable: Flag = False
    #: Another number restarts the fleet: it counts from 0, and its calls go on. Whether its processes are told apart.
    fleet_restarts: Count = 0
    fleet_new_pids: Flag = True
    #: Each so many-th call is transferred when it is answered: it leaves the fleet and holds its line. 0: none.
    transfer_every: Count = 0


class Fleet:
    """The calls that count, as long as a late reading may see them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.restarts = 0
        self.restarted_at = 0.0

    def note(self, settings: Settings) -> None:
        """Take notice of a restart."""
        if settings.fleet_restarts != self.restarts:
            self.restarts, self.restarted_at = settings.fleet_restarts, time()

    def at(self, instant: float, *, transfer_every: int) -> tuple[int, int]:
        """Return how many calls the fleet counted at an instant, and how often it had been restarted by then."""
        self.calls = [call for call in self.calls if call.ended_at is None or call.ended_at > instant - 1.0]
        is_new = instant >= self.restarted_at
        begun = self.restarted_at if is_new else 0.0
        counted = sum(
            begun <= call.started_at <= instant and not _had_left(call, instant, every=transfer_every)
            for call in self.calls
            if call.started_at is not None
        )
        return counted, self.restarts if is_new else max(0, self.restarts - 1)


def is_transferred(call: Call, *, every: int) -> bool:
    """Return whether a call is transferred once it is answered."""
    return bool(every) and call.row % every == 0 and call.answered_at is not None


def _had_left(call: Call, instant: float, *, every: int) -> bool:
    left_at = call.answered_at if is_transferred(call, every=every) else call.ended_at
    return left_at is not None and left_at <= instant


def workers(*, calls: int, restarts: int, settings: Settings) -> list[dict[str, Any]]:
    """Return the workers of a reading."""
    pid = 1 + (10 * restarts if settings.fleet_new_pids else 0)
    second = {"status": "unreachable"} if settings.fleet_unreachable else {"calls": 0, "pid": pid + 1}
    return [{"port": 8001, "calls": calls, "pid": pid}, {"port": 8002, **second}]
