"""What an analysis holds, whatever its shape: verdicts, flags, pressed keys, and texts. Pure.

Providers, bots and their makers name things as they like; the names are compared in their normal form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from campaigns.rules.refusal.text import normal, parted

_DEEPEST = 6
#: What is short comes again and again.
_SHORT = 100
#: So many plain values of an analysis are looked at.
MOST_VALUES = 2_000


class Part(StrEnum):
    """What a plain value of an analysis is, by the name it stands under."""

    VERDICT = "VERDICT"
    KEYS = "KEYS"
    TEXT = "TEXT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value, and the name that it stands under, in its normal form."""

    name: str
    value: Any
    part: Part

    @property
    def is_flag(self) -> bool:
        """Whether its name says it: ``{"do_not_call": true}``."""
        return self.value is True or (isinstance(self.value, str) and self.value.strip().lower() in _YES)


_VERDICTS = frozenset(
    {"call outcome", "status", "call status", "intent", "category", "result", "user response", "selected option"}
)
_VERDICT_ENDS = frozenset({"tag", "tags", "label", "labels", "disposition", "outcome", "option", "choice", "selection"})
_KEYS = frozenset({"dtmf", "digits", "dtmf digits", "keypress", "key pressed", "keys"})
_TEXT_ENDS = frozenset(
    {"summary", "remarks", "remark", "note", "notes", "comment", "comments", "feedback", "reason", "answer"}
)
#: What we, or a bot, say to people: the words stand there whatever anybody answers.
_OURS = frozenset({"prompt", "script", "instructions", "question", "template", "greeting", "menu", "url", "disclaimer"})
_YES = frozenset({"true", "yes", "y", "1"})
_PRESSED = re.compile(r"[0-9*#]+")


def plain(text: str) -> str:
    """Return ``text`` in its normal form with single spaces; keys as they are pressed stay as they are."""
    return _known(text) if len(text) <= _SHORT else _plain(text)


def _plain(text: str) -> str:
    text = text.strip()
    if is_pressed(text):
        return text
    return normal(parted(text) or text)


# A campaign's words, the names in an analysis and its verdicts: the same thirty for each result.
_known = lru_cache(maxsize=8192)(_plain)


def is_pressed(text: str) -> bool:
    """Return whether ``text`` is made of the keys of a telephone alone."""
    return _PRESSED.fullmatch(text) is not None


def values(analysis: Any) -> Iterator[Value]:
    """Yield the plain values of an analysis in its order, without what we ourselves say in it."""
    for count, value in enumerate(_walk(analysis, name="", part=Part.OTHER, depth=0)):
        if count == MOST_VALUES:
            return
        yield value


def _walk(value: Any, *, name: str, part: Part, depth: int) -> Iterator[Value]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        yield from _walk_names(value, part=part, depth=depth)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, name=name, part=part, depth=depth + 1)
    else:
        yield Value(name, value, part)


def _walk_names(value: Mapping[Any, Any], *, part: Part, depth: int) -> Iterator[Value]:
    # {"name": "callback_at", "value": "…"}: how some providers write a field.
    given, content = value.get("name"), value.get("value")
    is_field = isinstance(given, str) and content is not None
    if is_field:
        name = plain(str(given))
        if not _is_ours(name):
            yield from _walk(content, name=name, part=_part(name), depth=depth + 1)
    for key, item in value.items():
        name = plain(str(key))
        if _is_ours(name) or (is_field and name == "value"):
            continue
        # The names of tags: [{"name": "do not call"}].
        below = part if name == "name" and part == Part.VERDICT and not is_field else _part(name)
        yield from _walk(item, name=name, part=below, depth=depth + 1)


def _part(name: str) -> Part:
    last = name.rsplit(" ", 1)[-1]
    if name in _KEYS:
        return Part.KEYS
    if name in _VERDICTS or last in _VERDICT_ENDS:
        return Part.VERDICT
    return Part.TEXT if last in _TEXT_ENDS else Part.OTHER


def _is_ours(name: str) -> bool:
    return name.rsplit(" ", 1)[-1] in _OURS
