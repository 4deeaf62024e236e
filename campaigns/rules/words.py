"""What the words of a result ask for: never to be called again, or to be called back. Pure.

A provider, a bot or an agent says it in a disposition, in tags, in an analysis or by keys that were pressed. Words are
compared without case and punctuation: "Do-Not-Call" is "do not call".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

MOST_WORDS = 50
LONGEST_WORD = 60
#: A callback is for the near future; what lies further ahead is a slip of the pen or of a machine.
FURTHEST_CALLBACK = timedelta(days=90)
_DEEPEST = 6
#: Keys of an analysis whose text is a verdict, and not a summary in which a word may stand by chance.
_VERDICTS = frozenset(
    {
        "tag",
        "tags",
        "label",
        "labels",
        "disposition",
        "call disposition",
        "final disposition",
        "outcome",
        "call outcome",
    }
    | {"status", "call status", "intent", "category", "result", "user response"}
)
_DIGITS = frozenset({"dtmf", "digits", "dtmf digits", "keypress", "key pressed", "keys"})
_TIMES = frozenset(
    {"callback at", "callback time", "callback datetime", "callback date time", "call back at", "call back time"}
    | {"follow up at", "follow up time", "followup time", "scheduled callback", "reschedule at", "reschedule time"}
    | {"callback timestamp", "preferred callback time"}
)
_YES = frozenset({"true", "yes", "y", "1"})
_PRESSED = re.compile(r"[0-9*#]+")


def default_opt_out_words() -> list[str]:
    """Return the words by which a person asks never to be called again. No key: what a key means, a flow decides."""
    return ["opt out", "opted out", "optout", "do not call", "dnc", "dnd", "unsubscribe", "stop calling", "remove me"]


def default_callback_words() -> list[str]:
    """Return the words by which a person asks to be called at another time."""
    return ["callback", "call back", "callback requested", "call later", "call me later", "reschedule"]


def word_problems(words: Any) -> list[str]:
    """Return what is wrong with a list of words, as sentences."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return ['Enter a list of words such as ["do not call", "9"].']
    if len(words) > MOST_WORDS:
        return [f"Enter {MOST_WORDS} words at most."]
    return [
        f"{word[:LONGEST_WORD]!r} cannot be compared: enter a word of 1 to {LONGEST_WORD} characters."
        for word in words
        if not plain(word) or len(word) > LONGEST_WORD
    ]


def plain(text: str) -> str:
    """Return ``text`` in small letters with single spaces; keys as they are pressed stay as they are."""
    text = text.strip()
    if _PRESSED.fullmatch(text):
        return text
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[\W_]+", " ", spaced.lower()).split())


def found_word(
    *, words: Sequence[str], disposition: str | None, digits: str | None = None, analysis: Any = None
) -> str | None:
    """Return what a result says that is one of ``words``, as "where: what", or None.

    Words made of keys (0-9 * #) are looked for among pressed keys only, all others in verdicts: dispositions, tags, and
    flags such as ``{"do_not_call": true}``.
    """
    wanted = {plain(word) for word in words}
    keys = {word for word in wanted if _PRESSED.fullmatch(word)}
    phrases = wanted - keys
    for pressed in [digits, *_pressed(analysis)]:
        if pressed is not None and str(pressed).strip() in keys:
            return f"keys pressed: {str(pressed).strip()}"
    for where, said in [("disposition", disposition), *_said(analysis)]:
        if said and _says(plain(said), phrases):
            return f"{where}: {said.strip()[:120]}"
    return None


def callback_time(*, analysis: Any, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the instant (UTC) for which an analysis asks to be called back, or None if it names none that is good.

    ISO 8601, or seconds since 1970; without an offset it is the wall clock of ``zone``. An instant that has passed, or
    lies further ahead than 90 days, is none.
    """
    for key, value, _ in _walk(analysis):
        if key in _TIMES:
            at = _instant(value, zone)
            if at is not None and now < at <= now + FURTHEST_CALLBACK:
                return at
    return None


def _says(said: str, phrases: set[str]) -> bool:
    """Return whether a verdict is one of the phrases, or begins or ends with one: "dnc – asked twice"."""
    negated = re.match(r"(no|not|never|without|non) ", said)
    return any(
        said == phrase or (not negated and (said.startswith(phrase + " ") or said.endswith(" " + phrase)))
        for phrase in phrases
    )


def _said(analysis: Any) -> Iterator[tuple[str, str]]:
    for key, value, in_verdict in _walk(analysis):
        if isinstance(value, str) and in_verdict:
            yield key, value
        # A flag says it by its own name.
        if value is True or (isinstance(value, str) and value.strip().lower() in _YES):
            yield "flag", key


def _pressed(analysis: Any) -> Iterator[str]:
    return (str(value) for key, value, _ in _walk(analysis) if key in _DIGITS and isinstance(value, str | int))


def _walk(value: Any, *, key: str = "", in_verdict: bool = False, depth: int = 0) -> Iterator[tuple[str, Any, bool]]:
    """Give every plain value with its key, and whether it stands in a verdict."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        # {"name": "callback_at", "value": "…"}: how some providers write a field.
        name, content = value.get("name"), value.get("value")
        if isinstance(name, str) and content is not None:
            yield from _walk(content, key=plain(name), in_verdict=plain(name) in _VERDICTS, depth=depth + 1)
        for inner, item in value.items():
            said = plain(str(inner))
            verdict = said in _VERDICTS or (in_verdict and said == "name")
            yield from _walk(item, key=said, in_verdict=verdict, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, key=key, in_verdict=in_verdict, depth=depth + 1)
    else:
        yield key, value, in_verdict


def _instant(value: Any, zone: tzinfo) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(str(value).strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
