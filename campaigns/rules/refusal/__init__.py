"""Words of refusal: whether a text says that somebody wants never to be called again. Pure.

A phrase is looked for anywhere in a text, in every language at once, as a call's words come without their language; the
words around it say whether it is a refusal. What words alone cannot tell is DOUBTFUL, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from campaigns.rules.refusal.lexicon import Kind, lexicon, own_words
from campaigns.rules.refusal.pattern import Index
from campaigns.rules.refusal.sentences import Sentence, overlaps, sentences
from campaigns.rules.refusal.text import normal_words, parted
from campaigns.rules.refusal.verdicts import NOTHING, Heard, Verdict, Why, strongest
from campaigns.rules.refusal.weighing import weigh

__all__ = ["NOTHING", "Heard", "Verdict", "Why", "hear", "strongest"]

#: A text of so few words may be the name of a button or of a list: ``doNotCall``.
CODE_WORDS = 4


#: What is short is said again and again.
_SHORT = 200


def hear(text: str, *, words: tuple[str, ...] = ()) -> Heard:
    """Return what a text says: a disposition, a tag, a sentence that an agent typed, a summary.

    ``words``: what a campaign hears as a refusal besides the phrases of the languages.
    """
    return _known(text, words) if len(text) <= _SHORT else _hear_anew(text, words)


def _hear_anew(text: str, words: tuple[str, ...] = ()) -> Heard:
    own = own_words(words) if words else None
    said = normal_words(text)
    found = _hear(said, own)
    if found.why == Why.NOTHING and len(said) <= CODE_WORDS and (apart := parted(text)) is not None:
        # "opt out: FAlSE": what the words beside such a name say alone, they do not say together with it.
        beside = " ".join(word for word in text.split() if parted(word) is None)
        if _hear(normal_words(beside), own).verdict != Verdict.REFUSES:
            return _hear(normal_words(apart), own)
    return found


_known = lru_cache(maxsize=8192)(_hear_anew)


def _hear(said: Sequence[str], own: Index | None) -> Heard:
    parts = sentences(said)
    found = NOTHING
    for part in parts:
        found = strongest([found, weigh(part, own=own)])
        if found.verdict == Verdict.REFUSES:
            break
    if found.verdict == Verdict.REFUSES and (wish := _wish(parts, found.language, own)):
        return replace(found, verdict=Verdict.DOUBTFUL, why=Why.WISHED, words=wish)
    return found


def _wish(parts: Sequence[Sentence], language: str, own: Index | None) -> str:
    """Return the words by which a text asks for another call, if it does."""
    for sentence in parts:
        refused = sentence.telling(own)
        for found in sentence.around(languages=lexicon().neighbours[language]):
            if found.kind == Kind.WISHES and not overlaps(found, refused):
                return sentence.said(found)
    return ""
