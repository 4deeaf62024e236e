"""What a post-call push says of a call: in our key map's form, or in the guide's "Call result schema".

Sources: "API integration guide" of the platform; docs.vohci.com/voxcore/post-call (dispositions); docs.cxbridge.io,
pages api/calls/crm-push and api/calls/results-ingestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dialer.providers import parsing
from dialer.providers.base import CallReport, Outcome, Phase
from dialer.voxcore.key_map import REFERENCE

# "Call result schema", field disconnected_by: bot, customer, voicemail, RNR, timeout, error.
# docs.cxbridge.io, api/calls/results-ingestion, adds no_answer and rejected.
# - timeout: "Call exceeded maximum duration" (docs.vohci.com/voxcore/post-call), reported as "Connected": a talk that
#   was cut, not a phone that rang out.
# - rejected: the platform books it as failed beside no_answer. The phone was reached and the person (or the network on
#   their behalf) pressed the call away, which networks report as user busy; it is worth trying later, like BUSY.
# RNR is not in the table, see ``_outcome``.
OUTCOMES: Mapping[str, Outcome] = {
    "customer": Outcome.ANSWERED,
    "bot": Outcome.ANSWERED,
    "timeout": Outcome.ANSWERED,
    "voicemail": Outcome.MACHINE,
    "no_answer": Outcome.NO_ANSWER,
    "rejected": Outcome.BUSY,
    "error": Outcome.FAILED,
}
# result.disposition, a coarse label derived from disconnected_by: Connected, Failed, else Unknown
# (docs.cxbridge.io, api/calls/crm-push). Read only when disconnected_by is not there.
LABELS: Mapping[str, Outcome] = {"connected": Outcome.ANSWERED, "failed": Outcome.FAILED}

#: Two instants in whole seconds are up to one further apart, or less, than the length says; some rounding beside.
ROUNDED_SECONDS = 1.5
#: result.was_transferred, as JSON or as the text of a token.
_TRANSFERRED: Mapping[str, bool] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
ANALYSIS_KEYS = ("sub_disposition", "remarks", "was_transferred", "transfer_destination", "transfer_reason")
#: A push that has none of these is not ours.
IDENTITY_KEYS = (REFERENCE, "dialer_reference_call", "call_id", "session_id", "caller_id")


def report(*, payload: Mapping[str, Any], time_zone: str) -> CallReport:
    """Return what a push says, in our words. Times without a zone are local to ``time_zone``."""
    found = {
        key: parsing.moment(payload.get(f"call_{key}_time"), time_zone=time_zone) for key in ("start", "answer", "end")
    }
    analysis = payload.get("post_call_analysis") or _analysis(payload)
    outcome = _outcome(payload, answered=found["answer"] is not None)
    duration_seconds = parsing.seconds(payload.get("call_duration_seconds"))
    was_transferred = _TRANSFERRED.get(parsing.word(payload.get("was_transferred")))
    is_talk = outcome is Outcome.ANSWERED and not was_transferred
    return CallReport(
        phase=Phase.ENDED if outcome else Phase.UNKNOWN,
        outcome=outcome,
        reference=_first_id(payload, REFERENCE, "dialer_reference_call") or _nested_reference(payload),
        external_id=_first_id(payload, "call_id", "session_id"),
        to_number=parsing.text(payload.get("caller_id")),
        from_number=parsing.text(payload.get("from_number")),
        disposition=_disposition(payload, analysis),
        # Not of a call that was transferred: its end may be that of the bot alone.
        talk_seconds=_talk_seconds(found, duration_seconds=duration_seconds) if is_talk else None,
        duration_seconds=duration_seconds,
        started_at=found["start"],
        answered_at=found["answer"],
        ended_at=found["end"],
        recording_url=parsing.text(payload.get("recording_url")),
        disconnected_by=parsing.text(payload.get("disconnected_by")),
        transcript=_transcript(payload.get("transcript")),
        analysis=analysis or None,
        raw=payload,
        was_transferred=was_transferred,
    )


def _talk_seconds(found: Mapping[str, datetime | None], *, duration_seconds: float | None) -> float | None:
    """Return how long was talked: from answer to end, where the length of the call is that, or from start to end.

    Else it is not sure that the instants are what their names say: a clock was put back, or the end is another one's.
    """
    answered_at, ended_at = found["answer"], found["end"]
    if answered_at is None or ended_at is None or duration_seconds is None:
        return None
    lengths = [(ended_at - since).total_seconds() for since in (answered_at, found["start"]) if since is not None]
    agrees = any(abs(length - duration_seconds) <= ROUNDED_SECONDS for length in lengths)
    return lengths[0] if agrees and lengths[0] >= 0 else None


def _outcome(payload: Mapping[str, Any], *, answered: bool) -> Outcome | None:
    """Return what became of the call, or None for words that no document defines.

    RNR has two readings: "ring, no response" in the trade, "Customer picked up but did not respond" in
    docs.vohci.com/voxcore/post-call. The answer time decides: with one it was picked up, without one it rang out.
    """
    ended_by = parsing.word(payload.get("disconnected_by"))
    if ended_by == "rnr":
        return Outcome.ANSWERED if answered else Outcome.NO_ANSWER
    if ended_by:
        return OUTCOMES.get(ended_by)
    return LABELS.get(parsing.word(payload.get("result_disposition")))


def _disposition(payload: Mapping[str, Any], analysis: Any) -> str | None:
    given = parsing.mapping(analysis)
    label = parsing.text(payload.get("result_disposition"))
    found = (payload.get("disposition"), given.get("DISPOSITION"), given.get("disposition"))
    named = next(filter(None, map(parsing.text, found)), None)
    return named or (label if label and label.lower() != "unknown" else None)


def _analysis(payload: Mapping[str, Any]) -> dict[str, str]:
    values = {key: parsing.text(payload.get(key)) for key in ANALYSIS_KEYS}
    return {key: value for key, value in values.items() if value}


def _transcript(value: Any) -> Any:
    """Return the transcript as a value: the schema gives a list, ``{{result.transcript}}`` the same as JSON text."""
    if isinstance(value, str):
        return parsing.load_json(value.encode("utf-8", "replace")) or value.strip() or None
    return value or None


def _first_id(payload: Mapping[str, Any], *keys: str) -> str | None:
    return next(filter(None, (parsing.identifier(payload.get(key)) for key in keys)), None)


def _nested_reference(payload: Mapping[str, Any]) -> str | None:
    nested = (parsing.mapping(payload.get(key)) for key in ("variables", "crm", "connected_event"))
    return next(filter(None, (parsing.identifier(part.get(REFERENCE)) for part in nested)), None)
