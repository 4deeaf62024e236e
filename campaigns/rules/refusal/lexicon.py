"""The phrases of all languages, read once from the files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from campaigns.rules.refusal.pattern import BadPattern, Index, Spelling
from campaigns.rules.refusal.text import normal

PHRASES = Path(__file__).parent / "phrases"
#: The language in which agents and bots write between the words of any other.
COMMON = "english"
#: The language of the words that a campaign adds.
OWN = "own"


class Kind(StrEnum):
    """What a phrase says, by the name of its table in a file."""

    REFUSALS = "refusals"
    ENDINGS = "endings"
    MARKS = "marks"
    ALONE = "alone"
    DOUBTFUL = "doubtful"
    HARMLESS = "harmless"
    NEGATIONS = "negations"
    MARK_NEGATIONS = "mark_negations"
    ALWAYS = "always"
    NOW = "now"
    HOURS = "hours"
    LIMITS = "limits"
    OTHERS = "others"
    QUESTIONS = "questions"
    REQUESTS = "requests"
    WISHES = "wishes"


#: Kinds that make a sentence worth judging; all others only say more about one of these.
TELLING = frozenset({Kind.REFUSALS, Kind.ENDINGS, Kind.MARKS, Kind.ALONE, Kind.DOUBTFUL})
_SETTINGS = {"name", "accents_optional", "with", "numbers", "groups"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All phrases: those that tell, and those that are looked for around them."""

    telling: Index
    around: Index
    names: Mapping[str, str]
    neighbours: Mapping[str, frozenset[str]]


@lru_cache(maxsize=512)
def own_words(words: tuple[str, ...]) -> Index:
    """Return the words that a campaign adds, as names of a refusal; no word of them has a meaning as a pattern."""
    index = Index()
    for word in words:
        written = normal(word)
        if written:
            index.add(language=OWN, kind=Kind.MARKS, pattern=written, spelling=Spelling())
    return index


@cache
def lexicon() -> Lexicon:
    """Return the phrases of every language. Raises BadPattern for a file that cannot be read."""
    return read_lexicon(PHRASES.glob("*.toml"))


def read_lexicon(paths: Iterable[Path]) -> Lexicon:
    """Return the phrases of some files; the language is the file's name. Raises BadPattern."""
    read = Lexicon(telling=Index(), around=Index(), names={}, neighbours={})
    names, neighbours = dict[str, str](), {OWN: frozenset({COMMON})}
    for path in sorted(paths):
        language = path.stem
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        _take(read, language, given)
        names[language] = given["name"]
        neighbours[language] = frozenset({language, COMMON, *given.get("with", ())})
    return Lexicon(telling=read.telling, around=read.around, names=names, neighbours=neighbours)


def _take(read: Lexicon, language: str, given: Mapping[str, Any]) -> None:
    if unknown := set(given) - set(Kind) - _SETTINGS:
        raise BadPattern(f"{language}: there is no kind {sorted(unknown)[0]!r}")
    spelling = Spelling(
        groups=given.get("groups", {}),
        numbers=tuple(given.get("numbers", ())),
        accents_optional=given.get("accents_optional", False),
    )
    for kind in Kind:
        index = read.telling if kind in TELLING else read.around
        for pattern in given.get(kind, ()):
            index.add(language=language, kind=kind, pattern=pattern, spelling=spelling)
