"""Events that IVR Solutions pushes: rings, answers, hangups, DTMF. **The body's fields are not documented.**

So the names are a setting of the account, written from the first stored events. The defaults are the names that the
public OpenAPI 3.0.3 document gives a call record (schema ``CallLog``), and the status words of the vendor's
WSS-Telephony-Bridge page, "Call Status Callbacks". A word that neither names is UNKNOWN unless the account explains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from dialer.ivrsolutions.rows import OUTBOUND, OUTCOMES
from dialer.providers import parsing
from dialer.providers.base import CallReport, Malformed, Outcome, Phase, Push, load_object

#: Our name for a field -> where the body may hold it, first found wins; dots lead into nested objects.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "event": ("event",),
    "status": ("call_status",),
    "external_id": ("call_id", "logid"),
    "record_id": ("recordid",),
    "to_number": ("client_no", "customer_no"),
    "from_number": ("did_no",),
    "direction": ("call_type",),
    "started_at": ("call_time",),
    "duration_seconds": ("call_duration",),
    "recording_url": ("recording_url",),
    "digits": ("dtmf_input",),
}
#: A push needs one of these to be about a call at all.
IDENTITY = ("external_id", "record_id", "to_number")
# WSS-Telephony-Bridge, "Call Status Callbacks": call.initiated, call.ringing, call.in-progress, call.completed,
# call.failed, call.busy, call.no-answer. "completed" is the end of a call that was in progress.
PHASES: Mapping[str, Phase] = {
    "initiated": Phase.PLACED,
    "ringing": Phase.RINGING,
    "in_progress": Phase.ANSWERED,
}
ENDS: Mapping[str, Outcome] = {**OUTCOMES, "completed": Outcome.ANSWERED}
#: What an account may say that a word means.
_MEANINGS: Mapping[str, Phase | Outcome] = {
    **{phase.value: phase for phase in (Phase.PLACED, Phase.RINGING)},
    **{
        outcome.value: outcome
        for outcome in Outcome
        if outcome not in {Outcome.REFUSED, Outcome.UNCERTAIN, Outcome.LOST}
    },
    "IN_PROGRESS": Phase.ANSWERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMap:
    """An account's names of fields and words, beside the defaults."""

    fields: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Phase | Outcome]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> PushMap:
        """Read ``push_fields`` (``ours=theirs, …``) and ``push_words`` (``theirs=OURS, …``). Raises ValueError."""
        fields = dict(FIELDS)
        for ours, theirs in pairs(settings.get("push_fields")):
            if ours not in FIELDS:
                raise ValueError(f"push_fields: {ours!r} is none of {', '.join(FIELDS)}")
            fields[ours] = (theirs,)
        words: dict[str, Phase | Outcome] = {**PHASES, **ENDS}
        for theirs, ours in pairs(settings.get("push_words")):
            if ours not in _MEANINGS:
                raise ValueError(f"push_words: {ours!r} is none of {', '.join(_MEANINGS)}")
            words[_word(theirs)] = _MEANINGS[ours]
        return cls(fields=fields, words=words)

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of ``payload`` under our names, those that are there."""
        found = {ours: _first(payload, paths) for ours, paths in self.fields.items()}
        return {ours: value for ours, value in found.items() if value is not None}


def pairs(given: Any) -> list[tuple[str, str]]:
    """Return ``left=right`` pairs of a setting, separated by commas or lines, or of a mapping. Raises ValueError."""
    if isinstance(given, Mapping):
        return [(str(left), str(right)) for left, right in given.items()]
    parts = [part.strip() for part in str(given or "").replace("\n", ",").split(",")]
    split = [part.partition("=") for part in parts if part]
    if not all(left.strip() and right.strip() for left, _, right in split):
        raise ValueError("write pairs as name=name, separated by commas")
    return [(left.strip(), right.strip()) for left, _, right in split]


def parse(*, push: Push, names: PushMap, time_zone: ZoneInfo) -> list[CallReport]:
    """Return what a push says; nothing for calls that came in. Raises Malformed when no field of the map is there."""
    payload = body_fields(push)
    values = names.read(payload)
    if not any(parsing.identifier(values.get(name)) for name in IDENTITY):
        raise Malformed("the push has no known field: set push_fields of the account from this stored event")
    if OUTBOUND.get(parsing.word(values.get("direction"))) is False:
        return []
    phase, outcome = _state(values, names.words)
    return [
        CallReport(
            phase=phase,
            outcome=outcome,
            external_id=parsing.identifier(values.get("external_id")),
            to_number=parsing.text(values.get("to_number")),
            from_number=parsing.text(values.get("from_number")),
            duration_seconds=parsing.seconds(values.get("duration_seconds")),
            started_at=parsing.moment(values.get("started_at"), time_zone=time_zone.key),
            recording_url=parsing.text(values.get("recording_url")),
            digits=parsing.text(values.get("digits")),
            raw=payload,
            is_outbound=OUTBOUND.get(parsing.word(values.get("direction"))),
        )
    ]


def body_fields(push: Push) -> Mapping[str, Any]:
    """Return the fields of a JSON or form body; an empty mapping for anything else."""
    if "urlencoded" in push.headers.get("content-type", ""):
        text = push.body.decode("utf-8", "replace")
        return dict(parse_qsl(text)) if text.count("&") < 200 else {}
    return load_object(push.body) or {}


def _state(values: Mapping[str, Any], words: Mapping[str, Phase | Outcome]) -> tuple[Phase, Outcome | None]:
    """Return phase and outcome. The event's word counts first, for a status can stand beside every event.

    "answered" is an end in a call record, which has a duration, and a beginning in an event, which has none.
    """
    word = next((_word(values[name]) for name in ("event", "status") if _word(values.get(name)) in words), "")
    meant = words.get(word)
    if isinstance(meant, Phase):
        return meant, None
    if word == "answered" and not parsing.seconds(values.get("duration_seconds")):
        return Phase.ANSWERED, None
    return (Phase.ENDED, meant) if meant else (Phase.UNKNOWN, None)


def _word(value: Any) -> str:
    return parsing.word(value).removeprefix("call.")


def _first(payload: Mapping[str, Any], paths: tuple[str, ...]) -> Any:
    for path in paths:
        value: Any = payload
        for key in path.split("."):
            value = parsing.mapping(value).get(key)
        if value is not None:
            return value
    return None
