"""Weighs a phrase of refusal by the other words of its sentence: who speaks of whom, when, where, whether at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.rules.refusal.lexicon import Kind, lexicon
from campaigns.rules.refusal.pattern import Found, Index
from campaigns.rules.refusal.sentences import Sentence, is_in
from campaigns.rules.refusal.text import CLAUSE
from campaigns.rules.refusal.verdicts import NOTHING, Heard, Verdict, Why, strongest

#: An hour, a place or another limit belongs to a phrase from which so many words part it.
NEAR_WORDS = 3
LONGEST_SHOWN = 120
_MARKS = frozenset({Kind.MARKS, Kind.ALONE})


def weigh(sentence: Sentence, *, own: Index | None = None) -> Heard:
    """Return what a sentence comes to: the strongest of its phrases. ``own``: words that a campaign adds."""
    telling = sentence.telling(own)
    if not telling:
        return NOTHING
    neighbours = lexicon().neighbours
    found = sentence.around(languages=frozenset().union(*(neighbours[one.language] for one in telling)))
    around = {kind: [one for one in found if one.kind == kind] for kind in Kind}
    return strongest([_weigh(sentence, one, around) for one in _longest(telling)])


def _longest(found: Sequence[Found]) -> list[Found]:
    """Return the phrases that do not lie within a longer one; a refusal goes before a doubt of the same length."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.kind == Kind.DOUBTFUL)):
        if not is_in(one, kept):
            kept.append(one)
    return kept


def _weigh(sentence: Sentence, one: Found, around: Mapping[Kind, Sequence[Found]]) -> Heard:
    """Return what a phrase comes to; the first answer of these counts."""
    if harmless := _reaching(one, around[Kind.HARMLESS]):
        return _heard(sentence, one, Verdict.NOT, Why.NOTHING, harmless)
    if negated := _negated(one, around):
        return _heard(sentence, one, Verdict.NOT, Why.NEGATED, negated)
    if asked := _asked(sentence, one, around):
        return _heard(sentence, one, Verdict.DOUBTFUL, Why.ASKED, asked)
    if other := _of_somebody_else(sentence, one, around[Kind.OTHERS]):
        return _heard(sentence, one, Verdict.DOUBTFUL, Why.OTHER_PERSON, other)
    return _bounded(sentence, one, around) or _heard(
        sentence,
        one,
        Verdict.DOUBTFUL if one.kind == Kind.DOUBTFUL else Verdict.REFUSES,
        Why.VAGUE if one.kind == Kind.DOUBTFUL else Why.SAID,
        one,
    )


def _reaching(one: Found, harmless: Sequence[Found]) -> Found | None:
    """Return a phrase that means something else and holds this one, or begins in front of it and reaches into it."""
    return next((other for other in harmless if other.start <= one.start < other.end), None)


def _negated(one: Found, around: Mapping[Kind, Sequence[Found]]) -> Found | None:
    """Return what denies the phrase: words that begin in front of it and reach it."""
    marks = around[Kind.MARK_NEGATIONS] if one.kind in _MARKS else ()
    negations = [*around[Kind.NEGATIONS], *marks]
    return next((other for other in negations if other.start < one.start <= other.end), None)


def _asked(sentence: Sentence, one: Found, around: Mapping[Kind, Sequence[Found]]) -> Found | None:
    """Return what makes a question, a doubt or a condition of the phrase, unless it is asked for: "could you stop…"."""
    if around[Kind.REQUESTS]:
        return None
    if asking := next((other for other in around[Kind.QUESTIONS] if other.end <= one.start), None):
        return asking
    return one if sentence.is_question else None


def _of_somebody_else(sentence: Sentence, one: Found, others: Sequence[Found]) -> Found | None:
    """Return who else is named before the phrase, or after it in its clause."""
    for other in others:
        if one.kind in _MARKS and is_in(other, [one]):
            continue
        if other.start < one.end or CLAUSE not in sentence.text[one.end : other.start]:
            return other
    return None


def _bounded(sentence: Sentence, one: Found, around: Mapping[Kind, Sequence[Found]]) -> Heard | None:
    """Return what a phrase comes to that holds at an hour, or within another limit, only.

    "Do not call before six" refuses nothing for ever. "Stop it now" and "remove my number now" are in a hurry, and
    nobody stops in the mornings only, or is removed till six: there, hours leave a doubt.
    """
    ends = one.kind == Kind.ENDINGS
    always = around[Kind.ALWAYS]
    # "From now on" holds the word "now".
    hours = [hour for hour in (*around[Kind.HOURS], *(() if ends else around[Kind.NOW])) if not is_in(hour, always)]
    # "In the morning" may hold the word that is "tomorrow", too.
    longer = [*always, *around[Kind.HOURS], *around[Kind.NOW], *around[Kind.REQUESTS]]
    if limit := _near(sentence, one, [limit for limit in around[Kind.LIMITS] if not is_in(limit, longer)]):
        return _heard(sentence, one, Verdict.DOUBTFUL, Why.LIMITED, limit)
    if hour := _near(sentence, one, hours):
        return _heard(sentence, one, Verdict.DOUBTFUL if ends else Verdict.NOT, Why.HOURS, hour)
    if hours and not always and one.kind != Kind.DOUBTFUL:
        return _heard(sentence, one, Verdict.DOUBTFUL, Why.HOURS, hours[0])
    return None


def _near(sentence: Sentence, one: Found, limits: Sequence[Found]) -> Found | None:
    for other in limits:
        if one.kind != Kind.DOUBTFUL and is_in(other, [one]):
            continue
        first, last = sorted((one, other), key=lambda found: found.start)
        if last.start < first.end or sentence.words_between(first.end, last.start) <= NEAR_WORDS:
            return other
    return None


def _heard(sentence: Sentence, one: Found, verdict: Verdict, why: Why, decided: Found) -> Heard:
    return Heard(
        verdict=verdict,
        why=why,
        phrase=sentence.said(one)[:LONGEST_SHOWN],
        language=one.language,
        stands_alone=one.kind == Kind.ALONE,
        words=sentence.said(decided)[:LONGEST_SHOWN],
    )
