"""How well DIDs are answered, and the signs that phones show one as spam, each with what to do about it.

Read from the latest calls of each DID, by the index on a DID's calls: it costs the same after millions of them. Whether
a number is shown as spam no provider tells; what is known is how people answer it. The bounds are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

#: So far back, and so many of the latest calls of a DID, are looked at; of these, the very latest are held against the
#: others.
LOOKED_BACK, MOST_CALLS, LATEST = timedelta(days=14), 1_000, 100
#: Fewer calls than this say nothing.
ENOUGH = 30
#: A call that a person ends within this is one that he did not want. Seconds of talk.
SHORT_SECONDS = 6
#: Signs: the latest answer rate is below this share of the one before; so many answered calls are short; so many calls
#: in 24 hours.
FALLEN_TO, MANY_SHORT_PERCENT, MANY_CALLS = 0.6, 30, 100
#: More DIDs are on the next page.
ON_A_PAGE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of some calls that have ended: at how many something rang, how many a person took, how many of these briefly.

    ``timed``: of so many answered ones the talk time is known, which not all providers tell.
    """

    calls: int = 0
    rang: int = 0
    answered: int = 0
    timed: int = 0
    short: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(
            calls=self.calls + other.calls,
            rang=self.rang + other.rang,
            answered=self.answered + other.answered,
            timed=self.timed + other.timed,
            short=self.short + other.short,
        )

    @property
    def answered_percent(self) -> int | None:
        """How many in a hundred were answered; None where nothing rang."""
        return round(100 * self.answered / self.rang) if self.rang else None

    @property
    def short_percent(self) -> int | None:
        """How many in a hundred answered ones were short; None where of none the talk time is known."""
        return round(100 * self.short / self.timed) if self.timed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that is not as it should be, in a sentence, and what to do. ``is_grave``: as spam numbers look."""

    kind: str
    said: str
    remedy: str
    is_grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDHealth:
    """``today``: calls of the last 24 hours, over all campaigns, counted up to MOST_CALLS; ``cap``: most of them."""

    id: int
    number: str
    label: str
    account: str
    is_active: bool
    resting_until: datetime | None
    today: int
    cap: int | None
    rests_by_itself: bool
    days: Sequence[tuple[date | None, Rate]] = ()
    latest: Rate = field(default_factory=Rate)
    earlier: Rate = field(default_factory=Rate)

    @property
    def all(self) -> Rate:
        """All that was looked at."""
        return self.latest + self.earlier

    @property
    def signs(self) -> list[Sign]:
        """What is not as it should be, the grave first."""
        return sorted(filter(None, (_fallen(self), _short(self), _too_many(self))), key=lambda sign: not sign.is_grave)

    @property
    def verdict(self) -> str:
        """SPAM: it looks as numbers do that phones warn of; WATCH, GOOD, or NEW for one that says nothing yet."""
        if any(sign.is_grave for sign in self.signs):
            return "SPAM"
        if self.signs:
            return "WATCH"
        return "GOOD" if self.all.rang >= ENOUGH else "NEW"


VERDICTS = {"SPAM": "Looks like spam", "WATCH": "Watch it", "GOOD": "Good", "NEW": "Too few calls to tell"}


def _fallen(did: DIDHealth) -> Sign | None:
    before, now = did.earlier, did.latest
    if min(before.rang, now.rang) < ENOUGH or not before.answered:
        return None
    was, is_now = before.answered / before.rang, now.answered / now.rang
    if is_now >= FALLEN_TO * was:
        return None
    return Sign(
        kind="fallen",
        said=f"Of its latest {now.rang} calls {now.answered_percent} % were answered, of the {before.rang} before them "
        f"{before.answered_percent} %: so it looks when phones begin to warn of a number.",
        remedy="Let it rest for some days and call from other DIDs meanwhile; call it from a phone of each network, to "
        "see what is shown; have the carrier register it under your name.",
        is_grave=True,
    )


def _short(did: DIDHealth) -> Sign | None:
    share = did.all.short_percent
    if did.all.timed < ENOUGH or share is None or share < MANY_SHORT_PERCENT:
        return None
    return Sign(
        kind="short",
        said=f"{share} % of those who answer hang up within {SHORT_SECONDS} seconds.",
        remedy="Listen to some of these calls: does the voice begin at once, and say who calls and why? Short calls "
        "are what networks judge a number by.",
    )


def _too_many(did: DIDHealth) -> Sign | None:
    if did.today < MANY_CALLS or (did.cap is not None and did.cap <= MANY_CALLS):
        return None
    return Sign(
        kind="many",
        said=f"It made {did.today}{'+' if did.today == MOST_CALLS else ''} calls in 24 hours.",
        remedy=f"Give it a cap of {MANY_CALLS} calls in 24 hours or fewer, and its campaigns more DIDs; rotation by "
        "least use spreads calls over them.",
    )


_DIDS = """
SELECT d.id, d.number, d.label, p.name, d.is_active, CASE WHEN d.resting_until > %(now)s THEN d.resting_until END,
       (SELECT count(*) FROM (
               SELECT FROM campaigns_attempt a
                WHERE a.did_id = d.id AND a.reserved_at > %(now)s::timestamptz - interval '24 hours'
                  AND a.is_burned IS NOT FALSE LIMIT %(most)s) few),
       d.max_calls_per_day, d.rest_below_answer_percent IS NOT NULL
  FROM dialer_did d JOIN dialer_provideraccount p ON p.id = d.account_id
 WHERE (%(ids)s::bigint[] IS NULL OR d.id = ANY(%(ids)s::bigint[]))
 ORDER BY d.is_active DESC, p.name, d.number LIMIT %(shown)s OFFSET %(before)s
"""
_CALLS = """
SELECT d.id, l.called_on, l.turn <= %(latest)s, count(*),
       count(*) FILTER (WHERE l.outcome NOT IN ('REFUSED', 'CANCELED')),
       count(*) FILTER (WHERE l.outcome = 'ANSWERED'),
       count(l.talk_seconds) FILTER (WHERE l.outcome = 'ANSWERED'),
       count(*) FILTER (WHERE l.outcome = 'ANSWERED' AND l.talk_seconds < %(short)s)
  FROM unnest(%(ids)s::bigint[]) AS d(id)
 CROSS JOIN LATERAL (
       SELECT a.called_on, a.outcome, a.talk_seconds, row_number() OVER (ORDER BY a.reserved_at DESC) AS turn
         FROM campaigns_attempt a
        WHERE a.did_id = d.id AND a.reserved_at > %(since)s AND a.ended_at IS NOT NULL
        ORDER BY a.reserved_at DESC LIMIT %(most)s) l
 GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC NULLS LAST
"""
_COUNTS = ("calls", "rang", "answered", "timed", "short")
_NAMES = ("id", "number", "label", "account", "is_active", "resting_until", "today", "cap", "rests_by_itself")


def read_did_health(
    cursor: Any, *, now: datetime, ids: Collection[int] | None = None, before: int = 0
) -> list[DIDHealth]:
    """Return the health of DIDs, all of one page after ``before`` others, or those of ``ids``. Two statements."""
    given = {"now": now, "ids": list(ids) if ids is not None else None, "most": MOST_CALLS}
    cursor.execute(_DIDS, {**given, "shown": ON_A_PAGE, "before": before})
    dids = [dict(zip(_NAMES, row, strict=True)) for row in cursor.fetchall()]
    asked = {"since": now - LOOKED_BACK, "latest": LATEST, "short": SHORT_SECONDS, "most": MOST_CALLS}
    cursor.execute(_CALLS, {**asked, "ids": [did["id"] for did in dids]})
    days: dict[int, dict[date | None, Rate]] = {did["id"]: {} for did in dids}
    sums = {did["id"]: {True: Rate(), False: Rate()} for did in dids}
    for pk, day, is_latest, *counts in cursor.fetchall():
        rate = Rate(**dict(zip(_COUNTS, counts, strict=True)))
        days[pk][day] = days[pk].get(day, Rate()) + rate
        sums[pk][is_latest] += rate
    return [
        DIDHealth(
            **did, days=list(days[did["id"]].items()), latest=sums[did["id"]][True], earlier=sums[did["id"]][False]
        )
        for did in dids
    ]
