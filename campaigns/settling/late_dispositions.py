"""Judges by the retry matrix anew what follows a call whose disposition came after its end.

An agent types it after hanging up, a log tells it minutes later. The lead then stands where it would stand if the
disposition had come with the end: one that was done is called again, or one that waited is no longer called. Only by
its last call, and only while nobody has dialed it since; what was stopped, canceled, suppressed or expired stays so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from campaigns.rules.retry import rule_for
from campaigns.rules.ruleset import CampaignRules
from campaigns.settling.endings import Locked
from campaigns.settling.facts import Facts
from campaigns.settling.outcomes import after_call
from campaigns.states.leads import Rejudged, rejudge
from dialer.providers.base import Outcome

REOPENED = "Running again, as the disposition of a call asks for another one"


def rejudge_told_late(
    cursor: Any,
    *,
    attempts: Sequence[Locked],
    facts: Sequence[Facts],
    corrected: Mapping[int, Outcome],
    now: datetime,
) -> dict[int, str]:
    """Move the leads of ended, locked attempts of which ``facts``, just written, bring a disposition that counts.

    It is the first one, or the first of the call's end. ``corrected``: outcomes, by attempt, that this moment has told
    otherwise than we had concluded. Return the campaigns in which a lead waits by this, each with why it runs again if
    it had completed.
    """
    said = {fact.attempt_id: fact for fact in facts}
    leads = []
    for attempt in attempts:
        disposition = new_disposition(attempt, said.get(attempt.id))
        if not disposition:
            continue
        if (rules := open_rules(attempt.rules, now)) is not None:
            outcome = corrected.get(attempt.id, Outcome(attempt.outcome or ""))
            found = _rejudged(attempt, outcome=outcome, disposition=disposition, rules=rules, now=now)
            leads += [found] if found is not None else []
    return dict.fromkeys(rejudge(cursor, leads=leads, now=now), REOPENED) if leads else {}


def new_disposition(attempt: Locked, known: Facts | None) -> str:
    """Return the disposition that reports bring, empty where the one that is known stays."""
    if known is None or not known.overrules("disposition", known=attempt.disposition, end_facts=attempt.end_facts):
        return ""
    return known.disposition or ""


def open_rules(rules: CampaignRules, now: datetime) -> CampaignRules | None:
    """Return the rules of a campaign that may call again, as if it ran; None where it is stopped or past its end."""
    ends_at = rules.schedule.ends_at
    if rules.state == "STOPPED" or (rules.state == "COMPLETED" and ends_at is not None and ends_at <= now):
        return None
    return replace(rules, state="RUNNING") if rules.state == "COMPLETED" else rules


def _rejudged(
    attempt: Locked, *, outcome: Outcome, disposition: str, rules: CampaignRules, now: datetime
) -> Rejudged | None:
    """Return what follows the attempt by its disposition, None where the matrix has no cell for it."""
    key, _ = rule_for(matrix=rules.matrix, outcome=outcome, disposition=disposition)
    before, _ = rule_for(matrix=rules.matrix, outcome=Outcome(attempt.outcome or ""), disposition=attempt.disposition)
    if key == outcome.value and before == attempt.outcome:
        return None
    # It has been counted, or not, by the cell that bore on it until now.
    counted = int(attempt.counted)
    end = attempt.ended(outcome=outcome, disposition=disposition)
    end = replace(end, attempts_before=attempt.attempts_made - counted)
    following = after_call(end=end, rules=rules, now=now)
    return Rejudged(attempt_id=attempt.id, following=following, more_made=int(following.counts) - counted)
