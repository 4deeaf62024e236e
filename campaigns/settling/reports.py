"""Applies what became of calls: results of placing, and reports of providers. Idempotent, in any order.

A batch is one transaction: the attempts are locked in the order of their ids, each change is decided on what the
locked row says, and written by ``campaigns.states.attempts``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import structlog
from django.db import transaction

from campaigns.results.feed import add_changes, told_before
from campaigns.rules.campaign import COLUMNS, JOIN, CampaignRules, rules_of_row
from campaigns.settling import outcomes
from campaigns.settling.facts import Facts, add_facts
from campaigns.settling.history import Person, read_people
from campaigns.settling.late_dispositions import rejudge_told_late
from campaigns.settling.opt_outs import Said, hear
from campaigns.states import attempts as attempt_states
from campaigns.states.attempts import AttemptEnd
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Order of the states in which a call can be; a report never moves an attempt backwards.
PROGRESS = {"RESERVED": 0, "PLACING": 1, "UNCERTAIN": 2, "PLACED": 2, "RINGING": 3, "ANSWERED": 4, "ENDED": 5}
#: Ends that we concluded ourselves because nothing was heard; a late word of the provider corrects them.
CONCLUDED = frozenset({Outcome.LOST, Outcome.UNCERTAIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """An attempt under its lock, with what its campaign says of retries."""

    id: int
    state: str
    outcome: str | None
    account_id: int
    campaign_id: int
    lead_id: int
    lead_rank: int
    attempts_made: int
    turned_away: int
    dialed_at: datetime
    disposition: str
    number: str
    rules: CampaignRules
    person: Person
    outcome_source: str = ""

    def ended(self, *, outcome: Outcome, disposition: str) -> outcomes.Ended:
        """Return this attempt as one that rang and ended so, with what its lead's next one depends on."""
        return outcomes.Ended(
            outcome=outcome,
            disposition=disposition,
            attempts_before=self.attempts_made,
            rank=self.lead_rank,
            dialed_at=self.dialed_at,
            lead=self.person.facts,
            before=self.person.before,
            calls=self.person.calls,
            numbers=self.person.numbers,
        )


_LOCK = """
SELECT id FROM campaigns_attempt WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
_READ = f"""
SELECT a.id, a.state, a.outcome, a.account_id, a.campaign_id, a.lead_id, l.rank, l.attempts_made, l.turned_away,
       COALESCE(a.placing_at, a.reserved_at), a.disposition, a.number, a.outcome_source, {COLUMNS}
  FROM campaigns_attempt a
  JOIN campaigns_lead l ON l.id = a.lead_id
  JOIN campaigns_campaign c ON c.id = a.campaign_id {JOIN}
 WHERE a.id = ANY(%s)
"""  # noqa: S608
#: Where the rules begin in such a row.
_RULES = 13


def lock(
    cursor: Any, *, attempt_ids: Sequence[int], now: datetime, to_read: Collection[int] | None = None
) -> dict[int, Locked]:
    """Lock attempts in id order, then read them in the next statement, which sees what others had written.

    ``to_read``: of these ids alone the caller wants to know more; all are locked.
    """
    ids = sorted(set(attempt_ids))
    cursor.execute(_LOCK, [ids])
    if to_read is not None:
        ids = sorted(set(to_read))
        if not ids:
            return {}
    cursor.execute(_READ, [ids])
    rows = cursor.fetchall()
    rules = {row[0]: rules_of_row(row[_RULES:]) for row in rows}
    people = read_people(cursor, ended=[(row[0], row[5], row[11], rules[row[0]]) for row in rows], now=now)
    return {row[0]: _locked(row, rules[row[0]], people[row[0]]) for row in rows}


def _locked(row: tuple[Any, ...], rules: CampaignRules, person: Person) -> Locked:
    return Locked(
        id=row[0],
        state=row[1],
        outcome=row[2],
        account_id=row[3],
        campaign_id=row[4],
        lead_id=row[5],
        lead_rank=row[6],
        attempts_made=row[7],
        turned_away=row[8],
        dialed_at=row[9],
        disposition=row[10],
        number=row[11],
        rules=rules,
        person=person,
        outcome_source=row[12],
    )


def call_end(
    *,
    attempt: Locked,
    outcome: Outcome,
    now: datetime,
    ended_at: datetime | None = None,
    disposition: str = "",
    source: str = "",
) -> AttemptEnd:
    """Return the end of an attempt that rang, and what becomes of its lead.

    ``disposition``: one that is said now; ``source``: what told the outcome.
    """
    end = attempt.ended(outcome=outcome, disposition=attempt.disposition or disposition)
    following = outcomes.after_call(end=end, rules=attempt.rules, now=now)
    return AttemptEnd(
        attempt_id=attempt.id,
        outcome=outcome,
        is_burned=True,
        lead_state=following.state,
        lead_reason=following.reason,
        next_attempt_at=following.next_attempt_at,
        lead_rank=following.rank,
        counts=following.counts,
        other_did=following.other_did,
        other_number=following.number,
        ended_at=ended_at or now,
        source=source,
    )


def returned(
    *, attempt: Locked, outcome: Outcome, now: datetime, after_seconds: float, detail: str, refusal: Any = None
) -> AttemptEnd:
    """Return the end of an attempt that rang nobody: nothing is burned and the lead waits again."""
    following = outcomes.after_nothing(rules=attempt.rules, due_at=now + timedelta(seconds=after_seconds))
    return AttemptEnd(
        attempt_id=attempt.id,
        outcome=outcome,
        is_burned=False,
        lead_state=following.state,
        lead_reason=following.reason or detail,
        next_attempt_at=following.next_attempt_at,
        refusal=refusal,
        detail=detail,
        ended_at=now,
    )


def settle(
    *, reports: Sequence[tuple[int, CallReport]], now: datetime, event_ids: Sequence[int | None] = ()
) -> set[int]:
    """Apply reports by attempt id, in the order given; return the accounts that have a slot freed.

    ``event_ids``: of the stored event that brought each report, as the evidence of what it asks for.
    Runs inside the caller's transaction if there is one, so that the inbox and the attempt agree.
    """
    by_attempt: dict[int, list[CallReport]] = {}
    for attempt_id, report in reports:
        by_attempt.setdefault(attempt_id, []).append(report)
    with transaction.atomic(savepoint=False), hot_cursor() as cursor:
        locked = lock(cursor, attempt_ids=list(by_attempt), now=now)
        late = [attempt.id for attempt in locked.values() if attempt.state == "ENDED"]
        before = told_before(cursor, attempt_ids=late)
        facts, progress, ends, corrections = _decide(locked, by_attempt, now)
        doubts = _disagreements(locked, by_attempt)
        if facts:
            add_facts(cursor, facts=facts)
        if progress:
            attempt_states.advance(cursor, states=progress, now=now)
        if ends:
            attempt_states.end_attempts(cursor, ends=ends)
        if corrections:
            attempt_states.correct_ends(cursor, ends=corrections)
        if late:
            corrected = {end.attempt_id: end.outcome for end in corrections}
            rejudge_told_late(
                cursor, attempts=[locked[attempt_id] for attempt_id in late], facts=facts, corrected=corrected, now=now
            )
        if before:
            add_changes(cursor, before=before)
        if doubts:
            attempt_states.note_disagreements(cursor, texts=doubts)
            log.warning("sources disagree on calls", attempt_ids=sorted(doubts))
        said = zip_longest(reports, event_ids)
        hear(cursor, said=[Said(attempt_id=pair[0], report=pair[1], event_id=event) for pair, event in said], now=now)
    return {locked[end.attempt_id].account_id for end in ends}


def _decide(
    locked: Mapping[int, Locked], by_attempt: Mapping[int, Sequence[CallReport]], now: datetime
) -> tuple[list[Facts], dict[int, str], list[AttemptEnd], list[AttemptEnd]]:
    facts, progress, ends, corrections = [], {}, [], []
    for attempt_id, attempt in locked.items():
        reports = by_attempt[attempt_id]
        known = Facts.merged(attempt_id, reports)
        if known is not None:
            facts.append(known)
        final = next((report for report in reports if report.phase == Phase.ENDED and report.outcome), None)
        if final is not None and final.outcome is not None:
            end = call_end(
                attempt=attempt,
                outcome=final.outcome,
                now=now,
                disposition=(known.disposition if known else None) or "",
                source=final.source or "",
            )
            if attempt.state != "ENDED":
                ends.append(end)
            elif attempt.outcome in CONCLUDED and final.outcome not in CONCLUDED:
                corrections.append(end)
            continue
        furthest = max((report.phase for report in reports), key=lambda phase: PROGRESS.get(phase, -1))
        if attempt.state != "ENDED" and PROGRESS.get(furthest, -1) > PROGRESS[attempt.state]:
            progress[attempt_id] = furthest.value
    return facts, progress, ends, corrections


def _disagreements(locked: Mapping[int, Locked], by_attempt: Mapping[int, Sequence[CallReport]]) -> dict[int, str]:
    """Return, by attempt, what a source says otherwise than the one that was believed. The first word is kept."""
    found = {}
    for attempt_id, attempt in locked.items():
        finals = [report for report in by_attempt[attempt_id] if report.phase == Phase.ENDED and report.outcome]
        concluded = attempt.state != "ENDED" or attempt.outcome in CONCLUDED
        if not finals:
            continue
        told_by, known = attempt.outcome_source, attempt.outcome
        if concluded:
            told_by, known = finals[0].source or "", finals[0].outcome
        others = {
            f"{report.source or 'A report'} says {report.outcome}": None for report in finals if report.outcome != known
        }
        if others:
            found[attempt_id] = f"{', '.join(others)}; {told_by or 'the reply'} said {known}"
    return found
