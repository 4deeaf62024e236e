"""What a push or a row of the call log says of a call.

Sources: docs.astradial.com, pages on webhooks and call management.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialer.providers import parsing
from dialer.providers.base import AccountConfig, CallReport, Outcome, Phase

# Log (call-management, disposition): ANSWERED, NO ANSWER, FAILED, BUSY. Webhooks, status: ringing, answered, busy,
# failed, no-answer (also no_answer), completed, abandoned: the caller's side gave up before a talk.
OUTCOMES: Mapping[str, Outcome] = {
    "answered": Outcome.ANSWERED,
    "completed": Outcome.ANSWERED,
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "failed": Outcome.FAILED,
    "abandoned": Outcome.CANCELED,
}
# Webhooks, events of a call that goes on. queue.*, user.* and trunk.* are not about a call of ours.
LIVE_EVENTS: Mapping[str, Phase] = {
    "call.initiated": Phase.PLACED,
    "call.ringing": Phase.RINGING,
    "call.answered": Phase.ANSWERED,
}


def _ended(data: Mapping[str, Any]) -> tuple[Phase, Outcome | None]:
    """Return the end that a status word says. ANSWERED needs a talk or an answer time to be believed.

    An AI call's row stands in the log as ANSWERED with duration 0 from the start and is overwritten at the end: with
    ``talk_time`` 0 it is not yet known.
    """
    outcome = OUTCOMES.get(parsing.word(data.get("status")))
    talked = bool(parsing.seconds(data.get("talk_time"))) or parsing.moment(data.get("answered_at")) is not None
    if outcome is None or (outcome is Outcome.ANSWERED and not talked):
        return Phase.UNKNOWN, None
    return Phase.ENDED, outcome


def is_outbound(data: Mapping[str, Any]) -> bool | None:
    """Return who called whom, None where it is not said."""
    return {"outbound": True, "inbound": False}.get(parsing.word(data.get("direction")))


def event_state(*, event: str, data: Mapping[str, Any]) -> tuple[Phase, Outcome | None]:
    """Return how far a pushed event says that its call has come, and how it ended."""
    if event == "call.ended":
        return _ended(data)
    if event == "call.failed":
        outcome = OUTCOMES.get(parsing.word(data.get("status")), Outcome.FAILED)
        return Phase.ENDED, Outcome.FAILED if outcome is Outcome.ANSWERED else outcome
    return LIVE_EVENTS.get(event, Phase.UNKNOWN), None


def of_row(*, row: Mapping[str, Any], account: AccountConfig) -> CallReport:
    """Return what a row of the call log says."""
    phase, outcome = (Phase.RINGING, None) if parsing.word(row.get("status")) == "ringing" else _ended(row)
    found = report(data=row, account=account, key="id", phase=phase, outcome=outcome)
    # A row is overwritten when its call ends, so only the same row with the same state is a repeat.
    key = f"calls:{found.external_id}:{parsing.word(row.get('status'))}:{found.talk_seconds}"
    return replace(found, dedupe_key=key if found.external_id else None, is_outbound=True)


def report(
    *, data: Mapping[str, Any], account: AccountConfig, key: str, phase: Phase, outcome: Outcome | None
) -> CallReport:
    """Return what an event or a row says, in our words; its call is named by ``key``."""
    recording = parsing.text(data.get("recording_url"))
    return CallReport(
        phase=phase,
        outcome=outcome,
        external_id=parsing.identifier(data.get(key)),
        to_number=parsing.text(data.get("to_number")),
        from_number=parsing.text(data.get("from_number")),
        duration_seconds=parsing.seconds(data.get("duration")),
        talk_seconds=parsing.seconds(data.get("talk_time")),
        started_at=parsing.moment(data.get("started_at"), time_zone=account.time_zone),
        answered_at=parsing.moment(data.get("answered_at"), time_zone=account.time_zone),
        ended_at=parsing.moment(data.get("ended_at"), time_zone=account.time_zone),
        recording_url=account.base_url + recording if recording and recording.startswith("/") else recording,
        disconnected_by=parsing.text(data.get("hangup_cause")),
        raw=data,
        is_outbound=is_outbound(data),
    )
