"""What goes wrong in the latest calls of a campaign, grouped: how often, why, since when, and what to do about it.

It looks at the latest calls alone, by the index on a campaign's calls, so it costs the same after millions of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from campaigns.models import Attempt
from dialer.providers.vocabulary import Outcome, Refusal, in_words

#: So many of the latest calls are looked at; so many groups are told, the largest first.
LATEST_CALLS, MOST_GROUPS = 2_000, 8
ERRORS = (Outcome.REFUSED, Outcome.FAILED, Outcome.UNCERTAIN, Outcome.LOST)
#: What to do about a refusal, and where: the account, the template, the campaign's set-up, or its calls.
OF_REFUSALS: Mapping[str, tuple[str, str]] = {
    Refusal.NO_CAPACITY: (
        "They go back into the queue by themselves. If it goes on, lower the account's limits to what it takes.",
        "account",
    ),
    Refusal.OUTSIDE_ACTIVE_HOURS: ("These are the provider's own hours: narrow the calling hours to them.", "set-up"),
    Refusal.CREDENTIALS: ("Check the account: its key is missing, wrong or expired.", "account"),
    Refusal.ADDRESS_NOT_ALLOWED: ("Have the provider permit this server's address.", "account"),
    Refusal.TARGET_AWAY: ("Have the phones of agents or targets registered.", "account"),
    Refusal.UNKNOWN_TARGET: (
        "The template or a DID names what is not there at the provider.",
        "template",
    ),
    Refusal.INVALID_REQUEST: (
        "It takes no such number or variables: mend the contacts or the template.",
        "template",
    ),
}
OF_OUTCOMES: Mapping[str, tuple[str, str]] = {
    Outcome.REFUSED: ("Ask the provider what its words mean; each call has them on its page.", "calls"),
    Outcome.FAILED: ("Look at some of the calls: if all are of one DID, have it checked at the provider.", "calls"),
    Outcome.UNCERTAIN: ("These may have rung. Check the account: the provider answers requests too late.", "account"),
    Outcome.LOST: ("No result came. Check the account: neither pushes nor look-ups arrive.", "account"),
}
_REASONS = frozenset(Refusal)
#: What differs from call to call in the words of a provider: numbers and ids.
_DIGITS, _LEFT_OUT = "[0-9]{4,}", "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Calls that went wrong alike. ``since_at``: the first that was looked at; ``where``: which page has the cure."""

    calls: int
    outcome: str
    cause: str
    since_at: datetime
    first_id: int
    last_id: int
    remedy: str
    where: str

    @property
    def said(self) -> str:
        """What happened, in words."""
        return _in_words(self.outcome, self.cause)

    @property
    def key(self) -> str:
        """Which calls these are: to be given to ``calls_of_key``."""
        return f"{self.outcome}:{self.first_id}-{self.last_id}:{self.cause}"


_GROUPS = f"""
SELECT count(*), outcome, cause, min(ended_at), min(id), max(id), max(refusal) FROM (
       SELECT id, outcome, refusal, ended_at,
              COALESCE(NULLIF(regexp_replace(detail, '{_DIGITS}', '{_LEFT_OUT}', 'g'), ''), refusal, '') AS cause
         FROM (SELECT id, outcome, refusal, detail, ended_at FROM campaigns_attempt
                WHERE campaign_id = %(campaign)s ORDER BY id DESC LIMIT %(latest)s) latest
        WHERE outcome = ANY(%(errors)s)) wrong
 GROUP BY 2, 3 ORDER BY 1 DESC, 5 LIMIT %(most)s
"""  # noqa: S608


def read_errors(cursor: Any, *, campaign_id: int) -> Sequence[ErrorGroup]:
    """Return what goes wrong, the most frequent first. One statement, over the latest LATEST_CALLS calls."""
    given = {"campaign": campaign_id, "latest": LATEST_CALLS, "errors": [str(one) for one in ERRORS]}
    cursor.execute(_GROUPS, {**given, "most": MOST_GROUPS})
    return [_group(row) for row in cursor.fetchall()]


def _group(row: tuple[Any, ...]) -> ErrorGroup:
    calls, outcome, cause, since, first, last, refusal = row
    remedy, where = OF_REFUSALS.get(refusal) or OF_OUTCOMES[outcome]
    return ErrorGroup(
        calls=calls,
        outcome=outcome,
        cause=cause,
        since_at=since,
        first_id=first,
        last_id=last,
        remedy=remedy,
        where=where,
    )


def calls_of_key(rows: QuerySet[Attempt], *, key: str) -> QuerySet[Attempt]:
    """Return those of ``rows`` that a group's key names: of its words, between its ids. Raises ValueError."""
    if "\x00" in key:
        raise ValueError(key)
    outcome, ids, cause = key.split(":", 2)
    first, last = (int(one) for one in ids.split("-"))
    words = Func(F("detail"), Value(_DIGITS), Value(_LEFT_OUT), Value("g"), function="regexp_replace")
    found = rows.filter(outcome=outcome, pk__gte=first, pk__lte=last)
    found = found.alias(cause=Coalesce(NullIf(words, Value("")), F("refusal"), Value("")))
    return found.filter(cause=cause)


def said_of_key(key: str) -> str:
    """Return a key in words. Raises ValueError."""
    outcome, _, cause = key.split(":", 2)
    return _in_words(outcome, cause)


def _in_words(outcome: str, cause: str) -> str:
    if not cause:
        return in_words(outcome)
    return f"{in_words(outcome)}: " + (in_words(cause).lower() if cause in _REASONS else f"“{cause}”")
