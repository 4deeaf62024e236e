"""Holds calls against the limits as they stood then, and against each other. Pure.

At the start of each call those that are live are counted, itself among them: by DID, agent, campaign and account. So a
limit that is lowered while calls are under way is not broken by them, and memory holds what is live and no more.

A call lasts here until its result was written down. At a provider with a fleet a line may be given away earlier, by
what the fleet counts: there a call lasts as long as its result says, so that only what was surely live is counted, and
a call whose length nobody told is not judged.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from campaigns.promises.call import Call
from campaigns.promises.findings import CHECKS, Findings

#: What has a limit, and its id: DID, AGENT, CAMPAIGN or ACCOUNT.
Holder = tuple[str, int]
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
#: From so many on, those that are over are forgotten.
MOST_REMEMBERED = 50_000
Key = TypeVar("Key", int, str)


class Limits:
    """The limits of all holders, as they are and as they were. None: no limit."""

    def __init__(
        self, *, current: Mapping[Holder, int | None], past: Mapping[Holder, Sequence[tuple[datetime, int | None]]]
    ) -> None:
        """``past``: by holder what the limit was until an instant, in order of the instants."""
        self._current = current
        self._past = past

    def most(self, holder: Holder, *, since: datetime, until: datetime) -> int | None:
        """Return the largest limit that held at any instant within two, None where there was none."""
        found: list[int | None] = []
        for at, most in self._past.get(holder, ()):
            if at >= since:
                found.append(most)
            if at > until:
                break
        else:
            found.append(self._current.get(holder))
        return None if None in found else max(most for most in found if most is not None)


class Overlaps:
    """What is live as calls are gone through in order, and what is too much of it."""

    def __init__(
        self,
        *,
        limits: Limits,
        fleet_accounts: Collection[int],
        clocks_differ: timedelta,
        since: datetime | None,
        findings: Findings,
    ) -> None:
        """``clocks_differ``: calls that overlap for no longer may not have overlapped at all.

        Calls of ``fleet_accounts`` last as long as their results say. What began until ``since`` is only counted: who
        was live then is not all known.
        """
        self._limits = limits
        self._fleet_accounts = fleet_accounts
        self._clocks_differ = clocks_differ
        self._since = since
        self._findings = findings
        self._ends: dict[Holder, list[datetime]] = {}
        self._numbers: dict[str, tuple[datetime, int]] = {}
        self._rehearsed: dict[str, tuple[datetime, int]] = {}
        self._leads: dict[int, tuple[datetime, int]] = {}
        self._worst: Counter[Holder] = Counter()
        self.not_judged = 0

    def see(self, call: Call) -> None:
        """Take the next call."""
        ends_at = call.ended_at - self._clocks_differ if call.ended_at else _FOR_EVER
        self._one_at_a_time(self._leads, call.lead_id, call, ends_at, "lead-called-twice-at-once")
        if call.number.startswith("+"):  # else the person was erased
            numbers = self._rehearsed if call.is_rehearsal else self._numbers
            self._one_at_a_time(numbers, call.number, call, ends_at, "number-called-twice-at-once")
        if not call.is_ours:
            return
        line_ends_at = ends_at
        if call.account_id in self._fleet_accounts:
            line_ends_at = min(ends_at, self._surely_live_until(call))
        for holder in _holders(call):
            # Who has an agent on the line has one until its end is told, whatever the fleet counts.
            self._hold(holder, call, ends_at if holder[0] == "AGENT" else line_ends_at)

    def _one_at_a_time(
        self, live: dict[Key, tuple[datetime, int]], key: Key, call: Call, ends_at: datetime, check: str
    ) -> None:
        before = live.get(key)
        if before is not None and before[0] > call.began_at and self._is_judged(call):
            self._findings.add(CHECKS[check], ids=[before[1], call.id], at=call.began_at)
        live[key] = max((ends_at, call.id), before or (ends_at, call.id))
        if len(live) > MOST_REMEMBERED:
            for over in [one for one, (until, _) in live.items() if until <= call.began_at]:
                del live[over]

    def _is_judged(self, call: Call) -> bool:
        return self._since is None or call.began_at > self._since

    def _surely_live_until(self, call: Call) -> datetime:
        if call.told_seconds is None or not 0 <= call.told_seconds < 7 * 86400:
            self.not_judged += 1
            return call.began_at
        # Who tells whole seconds may have rounded up.
        rounded = 1.0 if call.told_seconds == int(call.told_seconds) else 0.0
        return call.began_at + timedelta(seconds=max(0.0, call.told_seconds - rounded)) - self._clocks_differ

    def _hold(self, holder: Holder, call: Call, ends_at: datetime) -> None:
        ends = self._ends.setdefault(holder, [])
        while ends and ends[0] <= call.began_at:
            heapq.heappop(ends)
        heapq.heappush(ends, ends_at)
        at = call.began_at
        # Its line was taken by the limits of then: one that is lowered before its request leaves is not broken by it.
        since = min(at, call.reserved_at or at) - self._clocks_differ
        most = self._limits.most(holder, since=since, until=at + self._clocks_differ)
        if most is None or len(ends) <= most or not self._is_judged(call):
            return
        self._worst[holder] = max(self._worst[holder], len(ends) - most)
        worst = f"by up to {self._worst[holder]}"
        self._findings.add(CHECKS["limit-exceeded"], of=_named(holder), ids=[call.id], at=at, worst=worst)


def _holders(call: Call) -> list[Holder]:
    found: list[Holder] = [("ACCOUNT", call.account_id), ("CAMPAIGN", call.campaign_id)]
    if call.did_id is not None:
        found.append(("DID", call.did_id))
    if call.agent_id is not None:
        found.append(("AGENT", call.agent_id))
    return found


def _named(holder: Holder) -> str:
    kind, pk = holder
    return f"{kind if kind == 'DID' else kind.lower()} #{pk}"
