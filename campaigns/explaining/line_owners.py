"""Who holds the lines: the calls without an end, by what is known of each. One place for REST, the admin and explain.

It reads live attempts alone, by the index that holds nothing else, so it costs the same after a million ended calls.
"""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from campaigns.claiming.account_bounds import bounds_of_campaigns, read_bounds
from campaigns.claiming.fleet_bound import Bound, lines_taken
from campaigns.claiming.lines import COVERED
from campaigns.models.fallback import TEMPLATE_OF_CALL
from dialer.reader import at_clocks


class Owner(enum.StrEnum):
    """What is known of a call that has no end yet."""

    # Somebody answered, by the provider's word, and no end was told.
    TALKING = "TALKING"
    # Its request is under way, or was taken no longer ago than a phone may ring.
    RINGING = "RINGING"
    # Over, by what the provider's fleet counts, which gave its line away; its result has not come.
    AWAITED = "AWAITED"
    # Sent, or perhaps sent, longer ago than a phone may ring, and nothing was told since: it may go on or be over.
    SILENT = "SILENT"
    # With the provider's own dialer, which chooses the instant.
    QUEUED = "QUEUED"
    # Nothing has left us.
    RESERVED = "RESERVED"


#: In the order in which they are told.
_WORDS: Mapping[Owner, str] = {
    Owner.TALKING: "talking",
    Owner.RINGING: "ringing",
    Owner.AWAITED: "result awaited",
    Owner.SILENT: "without news",
    Owner.QUEUED: "with the provider's dialer",
    Owner.RESERVED: "reserved",
}

#: A fleet says how many calls are over and not which: those are named of which the least is known.
_OVER_FIRST = (Owner.SILENT, Owner.RINGING, Owner.TALKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Calls without an end by owner. ``silent_until``: when the last of those without news is given up, UTC."""

    counts: Mapping[Owner, int] = field(default_factory=dict)
    silent_until: datetime | None = None

    @property
    def calls(self) -> int:
        """Return how many calls have no end."""
        return sum(self.counts.values())

    @property
    def taken(self) -> int:
        """Return how many of them hold a line: all but those whose result alone is awaited."""
        return self.calls - self.counts.get(Owner.AWAITED, 0)

    def words(self, *, zone: str, now: datetime) -> dict[Owner, str]:
        """Return what each owner that holds any is called; clock times are of ``zone``."""
        until = f" until {at_clocks(self.silent_until, zone=zone, now=now)}" if self.silent_until is not None else ""
        return {
            owner: f"{words}{until}" if owner == Owner.SILENT else words
            for owner, words in _WORDS.items()
            if self.counts.get(owner)
        }

    def said(self, *, zone: str, now: datetime) -> str:
        """Return them in words, as "3 talking, 2 without news until 12:49 IST"; empty where there are none."""
        return ", ".join(f"{self.counts[owner]:,} {words}" for owner, words in self.words(zone=zone, now=now).items())

    def filling(self, live: int) -> Lines:
        """Return the same as holders of ``live`` lines of an account or DID, as claiming counts them.

        A number that waits at the provider's dialer holds none there: the dialer does, as many as it is given.
        """
        if not self.counts.get(Owner.QUEUED):
            return self
        counts: dict[Owner, int] = {owner: calls for owner, calls in self.counts.items() if owner != Owner.QUEUED}
        return replace(self, counts={**counts, Owner.QUEUED: max(0, live - sum(counts.values()))})

    def holding(self) -> Lines:
        """Return those that hold a line: all but the calls whose result alone is awaited."""
        return replace(self, counts={owner: calls for owner, calls in self.counts.items() if owner != Owner.AWAITED})

    def as_dict(self, *, zone: str, now: datetime) -> dict[str, Any]:
        """Return each count by its name, when the silent ones are given up, and all of it in words."""
        counts = {owner.value.lower(): self.counts.get(owner, 0) for owner in Owner}
        return {"taken": self.taken, **counts, "silent_until": self.silent_until, "said": self.said(zone=zone, now=now)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """So many calls of one account, campaign and DID with one owner; the last of them is given up at ``until``.

    ``covered``: those of them that the account's bound covers, see ``campaigns.claiming.fleet_bound``.
    """

    account_id: int
    campaign_id: int
    did_id: int | None
    owner: Owner
    calls: int
    until: datetime
    covered: int
    bound: Bound | None


#: The parts of which claiming counts the lines each for itself: those of one account, or of each of its DIDs.
Part = Callable[[Held], Hashable]
by_account: Part = attrgetter("account_id")
by_did: Part = attrgetter("account_id", "did_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who holds the lines that a campaign may use, by its own clock; ``read`` is asked where somebody wants to know."""

    read: Callable[[], Iterable[Held]]
    zone: str
    now: datetime

    def of_lines(self, where: Callable[[Held], bool], *, live: int, by: Part) -> tuple[str, dict[str, Any]]:
        """Return in words who holds ``live`` lines, and the same as values; empty where nobody is known.

        A call whose result alone is awaited holds no line, and stands among the values.
        """
        lines = together((one for one in self.read() if where(one)), by=by)
        held = lines.holding().filling(live)
        told = {**held.as_dict(zone=self.zone, now=self.now), "awaited": lines.counts.get(Owner.AWAITED, 0)}
        return told.pop("said"), {name: value for name, value in told.items() if value}


_HELD = """
SELECT a.account_id, a.campaign_id, a.did_id,
       CASE WHEN a.state = 'RESERVED' THEN 'RESERVED'
            WHEN EXISTS (SELECT 1 FROM campaigns_hostednumber h WHERE h.attempt_id = a.id) THEN 'QUEUED'
            WHEN a.state = 'ANSWERED' THEN 'TALKING'
            WHEN a.state IN ('PLACING', 'PLACED', 'RINGING')
             AND a.placing_at + make_interval(secs => t.max_ring_seconds + %(margin)s) > %(now)s THEN 'RINGING'
            ELSE 'SILENT' END AS owner,
       count(*), max(a.deadline_at), count(*) FILTER (WHERE {covered})
  FROM campaigns_attempt a
  LEFT JOIN unnest(%(bounded)s::bigint[], %(before)s::timestamptz[], %(since)s::timestamptz[])
         AS b(account_id, before_at, since_at) ON b.account_id = a.account_id
  JOIN campaigns_campaign c ON c.id = a.campaign_id
  {template}
 WHERE a.ended_at IS NULL AND a.{by} = ANY(%(ids)s)
 GROUP BY 1, 2, 3, 4
"""
#: A phone may ring so much longer than its template says before its provider tells of it.
RING_MARGIN_SECONDS = 10


_COVERED = COVERED % {"before": "b.before_at", "since": "b.since_at"}


def held_by_accounts(cursor: Any, *, account_ids: Sequence[int], now: datetime) -> list[Held]:
    """Return who holds the lines of accounts, in one statement, and what their fleets count."""
    bounds = read_bounds(cursor, account_ids=account_ids, now=now)
    return _held(cursor, by="account_id", ids=account_ids, bounds=bounds, now=now)


def _held(cursor: Any, *, by: str, ids: Sequence[int], bounds: Mapping[int, Bound], now: datetime) -> list[Held]:
    cursor.execute(
        _HELD.format(by=by, covered=_COVERED, template=TEMPLATE_OF_CALL),
        {
            "ids": list(ids),
            "margin": RING_MARGIN_SECONDS,
            "now": now,
            "bounded": list(bounds),
            "before": [bound.before_at for bound in bounds.values()],
            "since": [bound.since_at for bound in bounds.values()],
        },
    )
    return [
        Held(
            account_id=account_id,
            campaign_id=campaign_id,
            did_id=did_id,
            owner=Owner(owner),
            calls=calls,
            until=until,
            covered=covered,
            bound=bounds.get(account_id),
        )
        for account_id, campaign_id, did_id, owner, calls, until, covered in cursor.fetchall()
    ]


def together(held: Iterable[Held], *, by: Part = by_account) -> Lines:
    """Return what is held as one; which calls are over by a fleet's count is asked of each part ``by`` itself."""
    parts: defaultdict[Hashable, list[Held]] = defaultdict(list)
    for one in held:
        parts[by(one)].append(one)
    counts: Counter[Owner] = Counter()
    for part in parts.values():
        counts += _counted(part)
    silent = [one.until for part in parts.values() for one in part if one.owner == Owner.SILENT]
    return Lines(counts=counts, silent_until=max(silent) if counts[Owner.SILENT] else None)


def _counted(part: Sequence[Held]) -> Counter[Owner]:
    """Return calls of one account by owner, so many of them AWAITED as claiming takes for over."""
    counts: Counter[Owner] = Counter()
    covered: Counter[Owner] = Counter()
    for one in part:
        counts[one.owner] += one.calls
        covered[one.owner] += one.covered
    taken = lines_taken(counted=counts.total(), covered=covered.total(), bound=part[0].bound)
    over = counts.total() - taken
    for owner in _OVER_FIRST:
        moved = min(over, covered[owner])
        counts[owner] -= moved
        counts[Owner.AWAITED] += moved
        over -= moved
    return counts


def lines_of(cursor: Any, *, campaign_ids: Sequence[int], now: datetime) -> dict[int, Lines]:
    """Return the calls of campaigns that have no end, by owner. Two statements."""
    bounds = bounds_of_campaigns(cursor, campaign_ids=campaign_ids, now=now)
    by_campaign: defaultdict[int, list[Held]] = defaultdict(list)
    for one in _held(cursor, by="campaign_id", ids=campaign_ids, bounds=bounds, now=now):
        by_campaign[one.campaign_id].append(one)
    return {pk: together(by_campaign[pk]) for pk in campaign_ids}
