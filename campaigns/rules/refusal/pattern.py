"""The little language in which phrases are written, and the index that finds thousands of them in a sentence. Pure.

``don't [ever] (call|ring) {me}`` is a sequence of words; ``(a|b c)`` one of several, ``[a|b]`` one or none, ``{me}``
what the file's groups have under that name, ``*`` up to three words of any kind within the clause, ``#`` a number,
``,`` the end of a clause. A phrase begins and ends with whole words, always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from campaigns.rules.refusal.text import CLAUSE, normal, unmarked

_PARTS = re.compile(r"[()\[\]|*#]|[^()\[\]|*#\s]+")
_GROUP = re.compile(r"\{(\w+)\}")
_GAP = r"(?:[^\s,.?]+ ){0,3}?"
#: What stands for a number among the first words of a phrase.
NUMBER = "#"


_normal = lru_cache(maxsize=None)(normal)


class BadPattern(ValueError):
    """A phrase that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a phrase: its expression, the words it may begin with, and whether it may be empty."""

    expression: str
    firsts: frozenset[str]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a sentence: what kind it is of, in which language, and from where to where (characters)."""

    kind: str
    language: str
    start: int
    end: int


@dataclass(slots=True)
class _Phrase:
    """A phrase that is compiled when its first word is met for the first time: few of the thousands ever are."""

    expression: str
    kind: str
    language: str
    _compiled: re.Pattern[str] | None = None

    def match(self, sentence: str, start: int) -> re.Match[str] | None:
        if self._compiled is None:
            self._compiled = re.compile(self.expression)
        return self._compiled.match(sentence, start)


@dataclass(slots=True, eq=False)
class Index:
    """Phrases by their first words."""

    _by_word: dict[str, list[_Phrase]] = field(default_factory=dict)

    def add(self, *, language: str, kind: str, pattern: str, spelling: Spelling) -> None:
        """Take a phrase in. Raises BadPattern."""
        part = _Reader(pattern, spelling).read()
        if part.is_empty or not part.firsts:
            raise BadPattern(f"{language}, {kind}: {pattern!r} may be empty, or begins with a gap")
        phrase = _Phrase(part.expression, kind, language)
        for word in part.firsts:
            self._by_word.setdefault(word, []).append(phrase)

    def find(self, sentence: str, *, starts: Iterable[tuple[int, str]]) -> Iterator[Found]:
        """Give every phrase of a sentence; ``starts``: its words and where they begin."""
        for start, word in starts:
            known = self._by_word.get(word)
            if word[0].isdigit():
                known = [*(known or ()), *self._by_word.get(NUMBER, ())]
            for phrase in known or ():
                if (match := phrase.match(sentence, start)) is not None:
                    yield Found(phrase.kind, phrase.language, start, match.end())


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a language is written: its groups, its number words, and whether its accents may be left out."""

    groups: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    accents_optional: bool = False

    def words(self, written: str) -> list[str]:
        """Return the spellings of a word of a phrase, which may be several words to who reads texts."""
        if written == CLAUSE:
            return [CLAUSE]
        word = _normal(written)
        bare = unmarked(word) if self.accents_optional else word
        return [word] if bare == word else [word, bare]


class _Reader:
    def __init__(self, pattern: str, spelling: Spelling) -> None:
        self._pattern = pattern
        self._spelling = spelling
        self._parts = _PARTS.findall(self._filled(pattern))
        self._at = 0

    def read(self) -> _Part:
        part = self._either()
        if self._at < len(self._parts):
            raise BadPattern(f"{self._pattern!r}: {self._parts[self._at]!r} closes nothing")
        return part

    def _filled(self, pattern: str) -> str:
        for _ in range(3):
            pattern = _GROUP.sub(self._group, pattern)
        return pattern

    def _group(self, match: re.Match[str]) -> str:
        try:
            return f"({self._spelling.groups[match.group(1)]})"
        except KeyError:
            raise BadPattern(f"{self._pattern!r}: there is no group {match.group(1)!r}") from None

    def _either(self) -> _Part:
        parts = [self._sequence()]
        while self._at < len(self._parts) and self._parts[self._at] == "|":
            self._at += 1
            parts.append(self._sequence())
        return _Part(
            expression="|".join(part.expression for part in parts),
            firsts=frozenset().union(*(part.firsts for part in parts)),
            is_empty=any(part.is_empty for part in parts),
        )

    def _sequence(self) -> _Part:
        expression, firsts, is_empty = "", frozenset[str](), True
        while self._at < len(self._parts) and self._parts[self._at] not in "|)]":
            part = self._one()
            expression += part.expression
            firsts = firsts | part.firsts if is_empty else firsts
            is_empty = is_empty and part.is_empty
        return _Part(expression, firsts, is_empty)

    def _one(self) -> _Part:
        given = self._parts[self._at]
        self._at += 1
        if given == "*":
            return _Part(_GAP, frozenset(), True)
        if given == NUMBER:
            words = [_normal(word) for word in self._spelling.numbers]
            either = "|".join([r"\d\S*", *map(re.escape, words)])
            return _Part(f"(?:{either}) ", frozenset({NUMBER, *words}), False)
        if given in "([":
            return self._bracket(closes={"(": ")", "[": "]"}[given])
        words = self._spelling.words(given)
        if not words[0]:
            raise BadPattern(f"{self._pattern!r}: {given!r} is no word")
        either = "|".join(map(re.escape, words))
        return _Part(f"(?:{either}) ", frozenset(word.split(" ")[0] for word in words), False)

    def _bracket(self, *, closes: str) -> _Part:
        inner = self._either()
        if self._at >= len(self._parts) or self._parts[self._at] != closes:
            raise BadPattern(f"{self._pattern!r}: {closes!r} is missing")
        self._at += 1
        optional = "?" if closes == "]" else ""
        return _Part(f"(?:{inner.expression}){optional}", inner.firsts, inner.is_empty or bool(optional))
