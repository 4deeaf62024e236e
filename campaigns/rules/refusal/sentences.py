"""Sentences in their normal form, and where phrases stand in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from campaigns.rules.refusal.lexicon import Kind, lexicon
from campaigns.rules.refusal.pattern import Found, Index
from campaigns.rules.refusal.text import CLAUSE, QUESTION, SENTENCE

#: A sentence that says more than so many phrases says nothing new, and must not cost more.
MOST_PHRASES = 50


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of a sentence with single spaces, each with its beginning; whether it is all of its text."""

    text: str
    starts: Sequence[tuple[int, str]]
    is_question: bool
    is_all: bool

    def said(self, found: Found) -> str:
        """Return the words of a phrase."""
        return self.text[found.start : found.end].strip()

    def words_between(self, start: int, end: int) -> int:
        """Return how many words lie between two places; more than any limit where a clause ends there."""
        between = self.text[start:end]
        return 1_000 if CLAUSE in between else between.count(" ")

    def telling(self, own: Index | None = None) -> list[Found]:
        """Return the phrases that make the sentence worth weighing; ``own``: the words that a campaign adds."""
        found = chain(lexicon().telling.find(self.text, starts=self.starts), self._own(own))
        good = (one for one in found if one.kind != Kind.ALONE or (self.is_all and self._is_all_of_it(one)))
        return list(islice(good, MOST_PHRASES))

    def around(self, *, languages: frozenset[str]) -> list[Found]:
        """Return the phrases of some languages that say more about those."""
        found = lexicon().around.find(self.text, starts=self.starts)
        return list(islice((one for one in found if one.language in languages), 4 * MOST_PHRASES))

    def _own(self, own: Index | None) -> Iterator[Found]:
        """Yield the campaign's words; a single one within a sentence leaves a doubt, as "stop" in "the bus stop"."""
        for one in own.find(self.text, starts=self.starts) if own is not None else ():
            is_at_an_end = one.start == 0 or one.end == len(self.text)
            is_clear = is_at_an_end or " " in self.said(one)
            yield one if is_clear else Found(Kind.DOUBTFUL, one.language, one.start, one.end)

    def _is_all_of_it(self, one: Found) -> bool:
        return not (self.text[: one.start] + self.text[one.end :]).strip(f" {CLAUSE}")


def sentences(words: Sequence[str]) -> list[Sentence]:
    """Return the sentences of a text, given as ``text.normal_words`` gives it."""
    bounds = [-1, *(place for place, word in enumerate(words) if word in (SENTENCE, QUESTION)), len(words)]
    parts = [(words[before + 1 : end], words[end : end + 1] == [QUESTION]) for before, end in pairwise(bounds)]
    parts = [(part, is_question) for part, is_question in parts if part]
    return [_sentence(part, is_question, is_all=len(parts) == 1) for part, is_question in parts]


def _sentence(words: Sequence[str], is_question: bool, *, is_all: bool) -> Sentence:
    return Sentence(" ".join(words) + " ", list(_starts(words)), is_question, is_all)


def _starts(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    at = 0
    for word in words:
        yield at, word
        at += len(word) + 1


def is_in(one: Found, others: Sequence[Found]) -> bool:
    """Return whether a phrase lies within one of others."""
    return any(other.start <= one.start and one.end <= other.end for other in others)


def overlaps(one: Found, others: Sequence[Found]) -> bool:
    """Return whether a phrase shares a word with one of others."""
    return any(other.start < one.end and one.start < other.end for other in others)
