"""What a text comes to, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a text refuses further calls."""

    REFUSES = "REFUSES"
    DOUBTFUL = "DOUBTFUL"
    NOT = "NOT"


class Why(StrEnum):
    """What decided."""

    NOTHING = "says nothing of the kind"
    SAID = "refuses calls"
    VAGUE = "may refuse calls"
    NEGATED = "says that it is not so"
    HOURS = "speaks of an hour"
    LIMITED = "sets a limit"
    OTHER_PERSON = "speaks of somebody else"
    ASKED = "asks, or is not sure"
    WISHED = "asks for a call, too"
    UNSURE_WHO = "may be the word of another, or of us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A verdict, the phrase that was found (in its normal form), its language, and the words that decided.

    ``stands_alone``: it is one only because nothing else is said, as "Stop".
    """

    verdict: Verdict
    why: Why = Why.NOTHING
    phrase: str = ""
    language: str = ""
    words: str = ""
    stands_alone: bool = False


NOTHING = Heard(verdict=Verdict.NOT)
_STRENGTH = {Verdict.REFUSES: 2, Verdict.DOUBTFUL: 1, Verdict.NOT: 0}


def strongest(heard: Sequence[Heard]) -> Heard:
    """Return the verdict that counts among several: one refusal is enough, and a doubt goes before none."""
    return max(heard, key=lambda one: (_STRENGTH[one.verdict], one.why != Why.NOTHING), default=NOTHING)
