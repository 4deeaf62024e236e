"""A subscriber's own names for what it is told: judges a key map, and fills it in. Pure.

A key map is the JSON that is to be sent, with places in its texts: ``{{lead.number}}``. A text that is one place and
nothing else becomes the value as it is, number or list; in other texts values are written out. What there is none of
is null, or nothing within a text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dialer.json_limits import dumped

#: What may be named, by where it stands. ``crm`` has the contact's own variables, ``analysis`` the provider's names.
CALL = (
    "id", "reference", "campaign", "lead", "contact", "external_reference", "account", "did", "from_number", "agent",
    "number", "state", "external_id", "reserved_at", "placing_at", "placed_at", "deadline_at", "profile",
    "rules_version",
)  # fmt: skip
RESULT = (
    "outcome", "is_burned", "refusal", "detail", "answered_at", "ended_at", "disposition", "talk_seconds",
    "duration_seconds", "disconnected_by", "recording_url", "transcript", "analysis", "digits", "cost",
    "outcome_source", "disagreement", "absence", "absent_once_at", "absent_at",
)  # fmt: skip
LEAD = (
    "id", "campaign", "contact", "external_reference", "number", "state", "state_reason", "attempts_made",
    "last_outcome", "next_attempt_at", "ended_at",
)  # fmt: skip
NAMES: dict[str, tuple[str, ...]] = {
    "event": ("event_id", "id", "kind", "created_at"),
    "call": CALL,
    "result": RESULT,
    "lead": LEAD,
    "campaign": ("id", "name"),
    "notice": ("id", "kind", "text", "attempt_ids", "created_at"),
}
OPEN = ("crm", "analysis")

MOST_BYTES = 20_000
MOST_DEPTH = 8
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def key_map_problems(key_map: Any) -> list[str]:
    """Return what is wrong with a key map, a sentence each: where, and what was meant perhaps."""
    if not isinstance(key_map, dict) or not key_map:
        return ['Enter an object of your names: {"phone": "{{lead.number}}"}.']
    if _depth(key_map) > MOST_DEPTH:
        return [f"It is nested deeper than {MOST_DEPTH}."]
    if len(dumped(key_map)) > MOST_BYTES:
        return [f"It is longer than {MOST_BYTES} bytes."]
    named = [f"{name}: a place stands in a value, not in a name." for name in _names(key_map) if "{{" in name]
    return named + [problem for at, text in _texts(key_map, "") for problem in text_problems(text, at=at)]


def text_problems(text: str, *, at: str = "") -> Iterator[str]:
    """Give what is wrong with one text of a key map, a sentence each; ``at``: where it stands, said before it."""
    said = f"{at}: " if at else ""
    for place in _PLACE.finditer(text):
        if problem := _place_problem(place[1]):
            yield f"{said}{problem}"
    if "{{" in _PLACE.sub("", text):
        yield f"{said}a “{{{{” has no “}}}}”."


def filled(key_map: Any, values: Mapping[str, Any]) -> Any:
    """Return what a key map makes of values: ``values["lead"]["number"]`` stands at ``{{lead.number}}``."""
    if isinstance(key_map, dict):
        return {name: filled(value, values) for name, value in key_map.items()}
    if isinstance(key_map, list):
        return [filled(value, values) for value in key_map]
    if not isinstance(key_map, str):
        return key_map
    if (whole := _PLACE.fullmatch(key_map)) is not None:
        return _value(whole[1], values)
    return _PLACE.sub(lambda place: _written(_value(place[1], values)), key_map)


def _value(path: str, values: Mapping[str, Any]) -> Any:
    space, _, name = path.partition(".")
    known = values.get(space)
    if not isinstance(known, dict):
        return None
    if name in known:
        return known[name]
    found: Any = known
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return dumped(value).decode()


def _depth(value: Any) -> int:
    levels, here = 0, [value]
    while here and levels <= MOST_DEPTH:
        levels += 1
        nested = [one.values() if isinstance(one, dict) else one for one in here if isinstance(one, dict | list)]
        here = [inner for one in nested for inner in one if isinstance(inner, dict | list)]
    return levels


def _names(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)
    if isinstance(value, dict):
        yield from value


def _texts(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{at}[{number}]")
    elif isinstance(value, str):
        yield at, value


def _place_problem(path: str) -> str:
    space, _, name = path.partition(".")
    if (space in OPEN and name) or name.split(".")[0] in NAMES.get(space, ()):
        return ""
    near = _nearest(space, name)
    meant = f" Did you mean {{{{{near}}}}}?" if near else f" Known are {', '.join((*OPEN, *NAMES))}."
    return f"there is no {{{{{path[:60]}}}}}.{meant}"


def _nearest(space: str, name: str) -> str:
    """Return the known place that was meant perhaps: the same name elsewhere, or one that is spelt nearly so."""
    elsewhere = next((f"{other}.{name}" for other, names in NAMES.items() if name in names), "")
    if elsewhere:
        return elsewhere
    known = [f"{other}.{one}" for other, names in NAMES.items() for one in names]
    return next(iter(difflib.get_close_matches(f"{space}.{name}", known, n=1)), "")
