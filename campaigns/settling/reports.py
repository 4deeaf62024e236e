"""Applies what providers, logs and notes report of calls. Idempotent, in any order.

A batch is one transaction: the attempts are locked in the order of their ids, each change is decided on what the
locked row says, and written by ``campaigns.states``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

import structlog
from django.db import transaction

from campaigns.results.feed import add_changes, told_before
from campaigns.settling.endings import CONCLUDED, Locked, call_end, lock
from campaigns.settling.facts import Facts, note_disagreements
from campaigns.settling.fleet_proof import hold_against
from campaigns.settling.found_calls import put_right
from campaigns.settling.late_dispositions import new_disposition, rejudge_told_late
from campaigns.settling.opt_outs import Said, get_ready, hear
from campaigns.states import attempts as attempt_states
from campaigns.states import campaigns as campaign_states
from campaigns.states import ends as end_states
from campaigns.states.ends import AttemptEnd
from campaigns.states.facts import add_facts
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Order of the states in which a call can be; a report never moves an attempt backwards.
PROGRESS = {"RESERVED": 0, "PLACING": 1, "UNCERTAIN": 2, "PLACED": 2, "RINGING": 3, "ANSWERED": 4, "ENDED": 5}


@dataclass(slots=True, kw_only=True)
class _Decided:
    """What reports come to, by what the locked attempts say. ``corrections``: of ends that we had concluded."""

    facts: list[Facts] = field(default_factory=list)
    progress: dict[int, str] = field(default_factory=dict)
    ends: list[AttemptEnd] = field(default_factory=list)
    corrections: list[AttemptEnd] = field(default_factory=list)


def settle(
    *,
    reports: Sequence[tuple[int, CallReport]],
    now: datetime,
    event_ids: Sequence[int | None] = (),
    notes: Mapping[int, str] | None = None,
) -> set[int]:
    """Apply reports by attempt id, in the order given; return the accounts that have a slot freed.

    ``event_ids``: of the stored event that brought each report, as the evidence of what it asks for. ``notes``: what
    somebody typed about an attempt of ``reports``; it is heard, and no more.
    Runs inside the caller's transaction if there is one, so that the inbox and the attempt agree.
    """
    by_attempt: dict[int, list[CallReport]] = {}
    for attempt_id, report in reports:
        by_attempt.setdefault(attempt_id, []).append(report)
    get_ready()
    with transaction.atomic(savepoint=False), hot_cursor() as cursor:
        locked = lock(cursor, attempt_ids=list(by_attempt), now=now)
        late = [attempt for attempt in locked.values() if attempt.state == "ENDED"]
        before = told_before(cursor, attempt_ids=[attempt.id for attempt in late])
        decided = _decide(locked, by_attempt, now)
        _write(cursor, decided, now)
        if heard := [attempt.id for attempt in locked.values() if attempt.absence]:
            attempt_states.rule_out_absence(cursor, attempt_ids=heard)
        ended = [end.attempt_id for end in (*decided.ends, *decided.corrections)]
        proving = {attempt_id: by_attempt[attempt_id] for attempt_id in ended if locked[attempt_id].proves_fleet}
        hold_against(cursor, told=proving, now=now)
        waited_for, called_off = _follow_late(cursor, late, decided, now)
        if before:
            add_changes(cursor, before=before)
        if doubts := _disagreements(locked, by_attempt):
            note_disagreements(cursor, texts=doubts)
            log.warning("sources disagree on calls", attempt_ids=sorted(doubts))
        typed = notes or {}
        said = [
            Said(attempt_id, report, event_id, typed.get(attempt_id, ""))
            for (attempt_id, report), event_id in zip_longest(reports, event_ids)
        ]
        waited_for |= hear(cursor, said=said, called=locked, now=now)
        if waited_for:
            campaign_states.reopen(cursor, reasons=waited_for, now=now)
    return {locked[end.attempt_id].account_id for end in decided.ends} | called_off


def _write(cursor: Any, decided: _Decided, now: datetime) -> None:
    """Write facts and states. What is told of a call that ends is written with its end."""
    ending = {end.attempt_id for end in decided.ends}
    if of_no_end := [fact for fact in decided.facts if fact.attempt_id not in ending]:
        add_facts(cursor, facts=of_no_end)
    if decided.progress:
        attempt_states.advance(cursor, states=decided.progress, now=now)
    if decided.ends:
        told = {fact.attempt_id: fact for fact in decided.facts if fact.attempt_id in ending}
        end_states.end_attempts(cursor, ends=decided.ends, facts=told)
    if decided.corrections:
        end_states.correct_ends(cursor, ends=decided.corrections)


def _follow_late(
    cursor: Any, late: Sequence[Locked], decided: _Decided, now: datetime
) -> tuple[dict[int, str], set[int]]:
    """Let the leads of calls that had ended before follow what is told of them now.

    Return the campaigns in which a lead waits by this, each with why it runs again if it had completed, and the
    accounts of which a reservation was called off.
    """
    if not late:
        return {}, set()
    corrected = {end.attempt_id: end.outcome for end in decided.corrections}
    found = [attempt for attempt in late if attempt.absence and attempt.is_concluded]
    others = [attempt for attempt in late if attempt not in found]
    waited_for, called_off = put_right(cursor, attempts=found, facts=decided.facts, told=corrected, now=now)
    waited_for |= rejudge_told_late(cursor, attempts=others, facts=decided.facts, corrected=corrected, now=now)
    return waited_for, called_off


def _decide(locked: Mapping[int, Locked], by_attempt: Mapping[int, Sequence[CallReport]], now: datetime) -> _Decided:
    found = _Decided()
    for attempt_id, attempt in locked.items():
        reports = by_attempt[attempt_id]
        known = Facts.merged(attempt_id, reports)
        if known is not None:
            found.facts.append(known)
        final = next((report for report in reports if report.phase == Phase.ENDED and report.outcome), None)
        if final is not None and final.outcome is not None:
            end = call_end(
                attempt=attempt,
                outcome=final.outcome,
                now=now,
                disposition=new_disposition(attempt, known),
                source=final.source or "",
            )
            if attempt.state != "ENDED":
                found.ends.append(end)
            elif attempt.is_concluded and final.outcome not in CONCLUDED:
                found.corrections.append(end)
            continue
        if attempt.state == "ENDED" and attempt.absence and attempt.outcome == Outcome.FAILED:
            # An agent who is away looks like this, and there was a call: what became of it nobody has told.
            found.corrections.append(call_end(attempt=attempt, outcome=Outcome.LOST, now=now))
        furthest = max((report.phase for report in reports), key=lambda phase: PROGRESS.get(phase, -1))
        if attempt.state != "ENDED" and PROGRESS.get(furthest, -1) > PROGRESS[attempt.state]:
            found.progress[attempt_id] = furthest.value
    return found


def _disagreements(locked: Mapping[int, Locked], by_attempt: Mapping[int, Sequence[CallReport]]) -> dict[int, str]:
    """Return, by attempt, what a source says otherwise than the one that was believed. The first word is kept."""
    found = {}
    for attempt_id, attempt in locked.items():
        reports = by_attempt[attempt_id]
        finals = [report for report in reports if report.phase == Phase.ENDED and report.outcome]
        concluded = attempt.state != "ENDED" or attempt.is_concluded
        if concluded and attempt.absence:
            told = (finals or reports)[0]
            found[attempt_id] = f"{told.source or 'A report'} says {told.outcome or told.phase}; {attempt.absence}"
            continue
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
