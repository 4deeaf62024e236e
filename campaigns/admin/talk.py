"""What was said in a call, as its page shows it: turns with their places in the recording, and an analysis."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from dialer.providers.vocabulary import in_words

#: What providers whose pushes are all texts say for true and false.
_YES_OR_NO = {"true": "yes", "false": "no"}
#: What lies deeper in an analysis is shown as it came.
DEEPEST = 5
_WHO = ("speaker", "role", "who", "sent_by")
_TEXT = ("text", "content", "message", "transcript")
#: Names of when a turn began: seconds from the answer on, or an instant.
_SECONDS = ("timestamp", "start", "start_time", "start_seconds", "offset", "time")
_INSTANTS = (*_SECONDS, "sent_at", "started_at", "at", "created_at")
#: No recording is longer: what is larger counts milliseconds, or is an instant.
_LONGEST_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one of them said. ``at_seconds``: from the answer on, None where nobody tells."""

    who: str
    text: str
    at_seconds: float | None = None

    @property
    def clock(self) -> str:
        """The place in the recording, as players show it."""
        if self.at_seconds is None:
            return ""
        return f"{int(self.at_seconds) // 60}:{int(self.at_seconds) % 60:02}"


def turns(transcript: Any, *, answered_at: datetime | None = None) -> list[Turn]:
    """Return a transcript as turns of speaker and text, in any form that the provider gives it."""
    if not transcript:
        return []
    if not isinstance(transcript, list):
        return [Turn(who="", text=transcript if isinstance(transcript, str) else pretty(transcript))]
    found = []
    for turn in transcript:
        said = turn if isinstance(turn, dict) else {"text": turn}
        who = next((str(said[key]) for key in _WHO if said.get(key)), "")
        text = next((said[key] for key in _TEXT if said.get(key)), None)
        shown = str(text) if text is not None else pretty(turn)
        found.append(Turn(who=who, text=shown, at_seconds=_at_seconds(said, answered_at)))
    return found


def _at_seconds(said: Mapping[str, Any], answered_at: datetime | None) -> float | None:
    for name in _SECONDS:
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST_SECONDS:
            return float(value)
    if answered_at is None:
        return None
    for name in _INSTANTS:
        at = _instant(said.get(name))
        if at is not None:
            seconds = (at - answered_at).total_seconds()
            # Two clocks: what was said a moment before the answer was said at its beginning.
            return max(seconds, 0.0) if -5 <= seconds <= _LONGEST_SECONDS else None
    return None


def _instant(value: Any) -> datetime | None:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def findings(analysis: Any, *, under: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield what an analysis says as names and texts, in any form that the provider gives it."""
    if analysis in (None, "", [], {}):
        return
    if isinstance(analysis, bool):
        yield under, "yes" if analysis else "no"
    elif isinstance(analysis, str) and analysis.strip().lower() in _YES_OR_NO:
        yield under, _YES_OR_NO[analysis.strip().lower()]
    elif not isinstance(analysis, dict | list) or depth == DEEPEST:
        yield under, analysis if isinstance(analysis, str) else pretty(analysis)
    elif isinstance(analysis, list) and not any(isinstance(one, dict | list) for one in analysis):
        yield under, ", ".join(str(one) for one in analysis)
    else:
        pairs = analysis.items() if isinstance(analysis, dict) else enumerate(analysis, 1)
        for key, value in pairs:
            name = " · ".join(part for part in (under, in_words(str(key))) if part)
            yield from findings(value, under=name, depth=depth + 1)


def pretty(value: Any) -> str:
    """Return ``value`` as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)
