"""What the words of a result ask for: never to be called again, or to be called back. Pure.

A provider, a bot or an agent says it in a disposition, in tags, in an analysis or by keys that were pressed. Words are
compared without case and punctuation: "Do-Not-Call" is "do not call".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from campaigns.rules.analyses import Part, is_pressed, plain, values

MOST_WORDS = 50
LONGEST_WORD = 60
#: A callback is for the near future; what lies further ahead is a slip of the pen or of a machine.
FURTHEST_CALLBACK = timedelta(days=90)
_TIMES = frozenset(
    {"callback at", "callback time", "callback datetime", "callback date time", "call back at", "call back time"}
    | {"follow up at", "follow up time", "followup time", "scheduled callback", "reschedule at", "reschedule time"}
    | {"callback timestamp", "preferred callback time"}
)


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


def found_word(
    *, words: Sequence[str], disposition: str | None, digits: str | None = None, analysis: Any = None
) -> str | None:
    """Return what a result says that is one of ``words``, as "where: what", or None.

    Words made of keys (0-9 * #) are looked for among pressed keys only, all others in verdicts: dispositions, tags, and
    flags such as ``{"do_not_call": true}``.
    """
    pressed = found_key(words=words, digits=digits, analysis=analysis)
    if pressed is not None:
        return f"keys pressed: {pressed}"
    phrases = {word for word in map(plain, words) if word and not is_pressed(word)}
    for where, said in [("disposition", disposition), *_said(analysis)]:
        if said and _says(plain(said), phrases):
            return f"{where}: {said.strip()[:120]}"
    return None


def found_key(*, words: Sequence[str], digits: str | None, analysis: Any) -> str | None:
    """Return the keys that were pressed and are one of ``words``, or None."""
    keys = {word for word in map(plain, words) if is_pressed(word)}
    told = [one.value for one in values(analysis) if one.part == Part.KEYS and isinstance(one.value, str | int)]
    return next((key for one in [digits, *told] if one is not None and (key := str(one).strip()) in keys), None)


def callback_time(*, analysis: Any, zone: tzinfo, now: datetime) -> datetime | None:
    """Return the instant (UTC) for which an analysis asks to be called back, or None if it names none that is good.

    ISO 8601, or seconds since 1970; without an offset it is the wall clock of ``zone``. An instant that has passed, or
    lies further ahead than 90 days, is none.
    """
    for one in values(analysis):
        if one.name in _TIMES:
            at = _instant(one.value, zone)
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
    for one in values(analysis):
        if isinstance(one.value, str) and one.part == Part.VERDICT:
            yield one.name, one.value
        if one.is_flag:
            yield "flag", one.name


def _instant(value: Any, zone: tzinfo) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(str(value).strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
