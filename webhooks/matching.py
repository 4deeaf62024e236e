"""Finds the attempts that reports speak of: by our reference, else by the provider's id, else by number and time.

Number and time: an attempt holds its number alone from before its request leaves until it ends, and a number has one
live attempt at most; so the instant at which a call began falls into one attempt of that number, or into none. Where
the margin for clocks that differ makes it two, nothing is guessed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dialer.providers.base import CallReport, Correlation
from dialer.sql import hot_cursor
from webhooks.rules.written_numbers import spellings

#: A call can begin so much before our request by the provider's clock, which may be slow or cut to whole seconds.
EARLY = timedelta(seconds=5)
#: An event that does not say when its call began is of a call that was under way so shortly before it came.
RECENT = timedelta(minutes=15)
#: References are UUIDs of these versions: of 1.0.0 random ones, since then such as begin with the time.
OUR_VERSIONS = frozenset({4, 7})
#: An attempt keeps so much of the provider's id.
EXTERNAL_ID_CHARS = 200

UNKNOWN_IDS = "No attempt is known by these ids (yet)"
NO_NUMBER = "It names no number that a call could be found by"
CAME_IN = "Somebody called in: none of ours"
NOBODY = "No call of this account to this number was under way when it began; often so: check the account's time zone"
TWO = "Two calls to this number fit its time: nothing is guessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A report whose attempt is looked for. ``seen_at``: when it reached us."""

    account_id: int
    report: CallReport
    seen_at: datetime
    correlation: Correlation = Correlation.REFERENCE
    countries: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The attempt, or why there is none. ``is_foreign``: it is certain that no attempt of ours is meant.

    ``is_of_another``: it bears a reference as only Dialer makes them, and no attempt here has it.
    """

    attempt_id: int | None = None
    reason: str = ""
    is_foreign: bool = False
    is_of_another: bool = False


def match(questions: Sequence[Question]) -> list[Match]:
    """Return the match of each question, in their order. An account sees only its own attempts."""
    found: dict[int, Match] = {
        n: Match(reason=CAME_IN, is_foreign=True)
        for n, question in enumerate(questions)
        if question.report.is_outbound is False
    }
    wanted = _references(questions, _open(questions, found))
    known = _known(set(wanted.values()))
    _add(found, _by_reference(questions, wanted, known))
    _add(found, _by_external_id(questions, _open(questions, found)))
    _add(found, _by_number(questions, _open(questions, found)))
    here = {reference for _, reference in known}
    return [
        replace(
            found.get(n, Match(reason=UNKNOWN_IDS)),
            is_of_another=n in wanted and wanted[n].version in OUR_VERSIONS and wanted[n] not in here,
        )
        for n in range(len(questions))
    ]


def _open(questions: Sequence[Question], found: dict[int, Match]) -> list[int]:
    return [n for n in range(len(questions)) if n not in found]


def _add(found: dict[int, Match], more: dict[int, Match]) -> None:
    found.update(more)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _references(questions: Sequence[Question], rest: Sequence[int]) -> dict[int, uuid.UUID]:
    return {n: reference for n in rest if (reference := _uuid(questions[n].report.reference)) is not None}


def _known(references: set[uuid.UUID]) -> dict[tuple[int, uuid.UUID], int]:
    """Return the attempts with these references, by account and reference."""
    if not references:
        return {}
    with hot_cursor() as cursor:
        cursor.execute(
            "SELECT account_id, reference, id FROM campaigns_attempt WHERE reference = ANY(%s)", [list(references)]
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}


def _by_reference(
    questions: Sequence[Question], wanted: Mapping[int, uuid.UUID], known: Mapping[tuple[int, uuid.UUID], int]
) -> dict[int, Match]:
    keys = {n: (questions[n].account_id, reference) for n, reference in wanted.items()}
    return {n: Match(attempt_id=known[key]) for n, key in keys.items() if key in known}


def _by_external_id(questions: Sequence[Question], rest: Sequence[int]) -> dict[int, Match]:
    keys = {n: (questions[n].account_id, str(questions[n].report.external_id)[:EXTERNAL_ID_CHARS]) for n in rest}
    keys = {n: key for n, key in keys.items() if questions[n].report.external_id}
    if not keys:
        return {}
    wanted = sorted(set(keys.values()))
    with hot_cursor() as cursor:
        cursor.execute(
            """SELECT a.account_id, a.external_id, max(a.id)
                 FROM unnest(%s::bigint[], %s::text[]) AS v(account_id, external_id)
                 JOIN campaigns_attempt a ON a.account_id = v.account_id AND a.external_id = v.external_id
                GROUP BY 1, 2""",
            [[account_id for account_id, _ in wanted], [external_id for _, external_id in wanted]],
        )
        known = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    return {n: Match(attempt_id=known[key]) for n, key in keys.items() if key in known}


# A call that was refused or never left (is_burned is false) rang nobody. Without an instant of its own an event can
# be of any call that was under way in the span before it came. Numbers that a provider's own dialer calls, at its own
# time and maybe again, have the log of that dialer: webhooks.hosted_logs.
_BY_NUMBER = """
SELECT DISTINCT v.n, a.id
  FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
       AS v(n, account_id, number, first_at, last_at, only_nameless)
  JOIN campaigns_attempt a ON a.number = v.number AND a.account_id = v.account_id
  JOIN campaigns_campaign c ON c.id = a.campaign_id AND c.runs_on <> 'PROVIDER'
   AND a.placing_at <= v.last_at AND COALESCE(a.ended_at, a.deadline_at) >= v.first_at
   AND a.is_burned IS NOT FALSE AND (NOT v.only_nameless OR a.external_id IS NULL)
"""


def _by_number(questions: Sequence[Question], rest: Sequence[int]) -> dict[int, Match]:
    """Where ids come back, only for attempts that have none yet: those whose reply was lost or is not recorded."""
    asked = [n for n in rest if questions[n].correlation is not Correlation.REFERENCE]
    numbers = {n: _numbers(questions[n]) for n in asked}
    rows = [(n, questions[n].account_id, number, *_span(questions[n])) for n in asked for number in sorted(numbers[n])]
    candidates: dict[int, set[int]] = {n: set() for n in asked}
    if rows:
        nameless = [questions[row[0]].correlation is Correlation.EXTERNAL_ID for row in rows]
        with hot_cursor() as cursor:
            cursor.execute(_BY_NUMBER, [*(list(column) for column in zip(*rows, strict=True)), nameless])
            for n, attempt_id in cursor.fetchall():
                candidates[n].add(attempt_id)
    return {n: _judged(found, has_number=bool(numbers[n])) for n, found in candidates.items()}


def _numbers(question: Question) -> set[str]:
    """Return whom the call may have reached. A switch that rings the customer first names it as the calling party."""
    report = question.report
    found = spellings(report.to_number, countries=question.countries)
    if report.is_outbound:
        found |= spellings(report.from_number, countries=question.countries)
    return found


def _span(question: Question) -> tuple[datetime, datetime]:
    """Return two instants: the attempt had not ended before the first, and its request had left by the last."""
    began_at = question.report.started_at
    return (began_at, began_at + EARLY) if began_at is not None else (question.seen_at - RECENT, question.seen_at)


def _judged(candidates: set[int], *, has_number: bool) -> Match:
    if len(candidates) == 1:
        return Match(attempt_id=next(iter(candidates)))
    if candidates:
        return Match(reason=TWO)
    return Match(reason=NOBODY if has_number else NO_NUMBER)
