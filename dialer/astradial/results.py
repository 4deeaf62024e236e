"""What a push or a row of the call log says of a call.

Sources: docs.astradial.com, pages on webhooks and call management; the public server (github.com/astradial/astradial,
commit a68d6aa), which was run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dialer.providers import parsing
from dialer.providers.base import AccountConfig, CallReport, Outcome, Phase

# Log (call-management, disposition): ANSWERED, NO ANSWER, FAILED, BUSY; the server has CONGESTION as well. Webhooks,
# status: ringing, answered, busy, failed, no-answer (also no_answer), completed, abandoned: the caller's side gave up
# before a talk.
OUTCOMES: Mapping[str, Outcome] = {
    "answered": Outcome.ANSWERED,
    "completed": Outcome.ANSWERED,
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "failed": Outcome.FAILED,
    "congestion": Outcome.FAILED,
    "abandoned": Outcome.CANCELED,
}
# Webhooks, events of a call that goes on. queue.*, user.* and trunk.* are not about a call of ours.
LIVE_EVENTS: Mapping[str, Phase] = {
    "call.initiated": Phase.PLACED,
    "call.ringing": Phase.RINGING,
    "call.answered": Phase.ANSWERED,
}
_REFERENCE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: What the server gives as the called party of an AI call without a DID_NUMBER: the start of its dial plan.
NO_PARTY = "s"


def reference(data: Mapping[str, Any]) -> str | None:
    """Return our reference, which the server gives back as the called number of an AI call (see ``placing.ECHOED``)."""
    found = parsing.text(data.get("to_number"))
    return found if found and _REFERENCE.fullmatch(found) else None


def may_be_ours(data: Mapping[str, Any]) -> bool:
    """Return whether a call can be one that we placed. AI calls of ours say ``inbound`` too, and bear our reference."""
    if reference(data) is not None:
        return True
    return is_outbound(data) is not False and parsing.text(data.get("to_number")) != NO_PARTY


def is_outbound(data: Mapping[str, Any]) -> bool | None:
    """Return who called whom, None where it is not said: ``internal`` is a party that the switch itself called."""
    return {"outbound": True, "inbound": False}.get(parsing.word(data.get("direction")))


def event_state(*, event: str, data: Mapping[str, Any]) -> tuple[Phase, Outcome | None]:
    """Return how far a pushed event says that its call has come, and how it ended.

    The last event of an AI call says ``completed`` with neither answer time nor talk. The switch enters the AI only
    after the answer, so it was answered.
    """
    if event == "call.ended":
        return _ended(word=data.get("status"), has_talked=_has_talked(data) or reference(data) is not None)
    if event == "call.failed":
        outcome = OUTCOMES.get(parsing.word(data.get("status")), Outcome.FAILED)
        return Phase.ENDED, Outcome.FAILED if outcome is Outcome.ANSWERED else outcome
    return LIVE_EVENTS.get(event, Phase.UNKNOWN), None


def of_row(*, row: Mapping[str, Any], account: AccountConfig, ahead: timedelta = timedelta(0)) -> CallReport:
    """Return what a row of the call log says. ``ahead``: by how much its times are ahead of the true ones.

    The server's rows have ``disposition``, the page's ``status``.
    """
    word = row.get("disposition", row.get("status"))
    ringing = parsing.word(word) == "ringing"
    phase, outcome = (Phase.RINGING, None) if ringing else _ended(word=word, has_talked=_has_talked(row))
    found = report(data=row, account=account, key="id", phase=phase, outcome=outcome)
    # A row is overwritten when its call ends, so only the same row with the same state is a repeat.
    key = f"calls:{found.external_id}:{parsing.word(word)}:{found.talk_seconds}"
    return replace(
        found,
        started_at=_earlier(found.started_at, ahead),
        answered_at=_earlier(found.answered_at, ahead),
        ended_at=_earlier(found.ended_at, ahead),
        dedupe_key=key if found.external_id else None,
        is_outbound=True,
    )


def report(
    *, data: Mapping[str, Any], account: AccountConfig, key: str, phase: Phase, outcome: Outcome | None
) -> CallReport:
    """Return what an event or a row says, in our words; its call is named by ``key``."""
    recording, ours = parsing.text(data.get("recording_url")), reference(data)
    return CallReport(
        phase=phase,
        outcome=outcome,
        reference=ours,
        external_id=parsing.identifier(data.get(key)),
        to_number=parsing.text(data.get("to_number")) if ours is None else None,
        from_number=parsing.text(data.get("from_number")),
        duration_seconds=parsing.seconds(data.get("duration")),
        talk_seconds=parsing.seconds(data.get("talk_time")),
        started_at=parsing.moment(data.get("started_at"), time_zone=account.time_zone),
        answered_at=parsing.moment(data.get("answered_at"), time_zone=account.time_zone),
        ended_at=parsing.moment(data.get("ended_at"), time_zone=account.time_zone),
        recording_url=account.base_url + recording if recording and recording.startswith("/") else recording,
        disconnected_by=parsing.text(data.get("hangup_cause")),
        raw=data,
        is_outbound=is_outbound(data) if ours is None else True,
    )


def _ended(*, word: Any, has_talked: bool) -> tuple[Phase, Outcome | None]:
    """Return the end that a status word says. ANSWERED is believed only of a call in which somebody can have talked.

    An AI call's row stands in the log as ANSWERED with a talk of 0 s, from the start on and, on the server, for ever.
    """
    outcome = OUTCOMES.get(parsing.word(word))
    if outcome is None or (outcome is Outcome.ANSWERED and not has_talked):
        return Phase.UNKNOWN, None
    return Phase.ENDED, outcome


def _has_talked(data: Mapping[str, Any]) -> bool:
    return bool(parsing.seconds(data.get("talk_time"))) or parsing.moment(data.get("answered_at")) is not None


def _earlier(at: datetime | None, ahead: timedelta) -> datetime | None:
    """Return an instant without what its clock is ahead; None where that is before all time."""
    try:
        return at - ahead if at is not None else None
    except OverflowError:
        return None
