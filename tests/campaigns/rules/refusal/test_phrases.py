"""What people, agents, bots and keys say: the refusals, what looks like one, and what is left to a person."""

from __future__ import annotations

from collections import Counter

import pytest

from campaigns.rules.refusal import Verdict, Why, hear
from campaigns.rules.refusal.lexicon import PHRASES
from tests.campaigns.rules.refusal.table import TABLE
from tests.rules.tally import TRIED

#: Spoken by many in the countries of the profiles: India, the United States, the United Kingdom.
SPOKEN = {
    *("assamese", "bengali", "gujarati", "hindi", "kannada", "malayalam", "marathi", "odia", "punjabi", "tamil"),
    *("telugu", "urdu", "english", "spanish", "chinese", "tagalog", "vietnamese", "french", "arabic", "korean"),
    *("russian", "haitian", "german", "portuguese", "italian", "polish", "romanian", "welsh"),
}


@pytest.mark.parametrize("language", sorted({row.language for row in TABLE}))
def test_each_phrase_is_what_the_table_says(language: str) -> None:
    rows = [row for row in TABLE if row.language == language]
    TRIED["phrases of refusal"] += len(rows)
    assert [(str(row), hear(row.said)) for row in rows if hear(row.said).verdict != row.verdict] == []


@pytest.mark.parametrize("language", sorted(SPOKEN))
def test_each_language_has_true_false_and_doubtful_phrases_side_by_side(language: str) -> None:
    assert (PHRASES / f"{language}.toml").exists()
    counted = Counter(row.verdict for row in TABLE if row.language == language)
    assert counted[Verdict.REFUSES] >= 24
    assert counted[Verdict.NOT] >= 15
    assert counted[Verdict.DOUBTFUL] >= 5


@pytest.mark.parametrize(
    ("said", "why", "words"),
    [
        ("Please do not call me before six", Why.HOURS, "before six"),
        ("do not call me at the office", Why.LIMITED, "at the office"),
        ("his wife says do not call", Why.OTHER_PERSON, "his wife"),
        ("never asked us to stop calling", Why.NEGATED, "never asked us to"),
        ("should we stop calling", Why.ASKED, "should we"),
        ("do not call, call me tomorrow", Why.WISHED, "call me tomorrow"),
        ("leave me alone", Why.VAGUE, "leave me alone"),
        ("stop calling me", Why.SAID, "stop calling me"),
    ],
)
def test_a_verdict_says_why_and_by_which_words(said: str, why: Why, words: str) -> None:
    found = hear(said)
    assert (found.why, found.words, found.language) == (why, words, "english")


def test_the_strongest_sentence_counts() -> None:
    assert hear("Why do you keep calling? Stop calling me.").verdict == Verdict.REFUSES
    assert hear("Do not call before nine. She asked about the loan.").verdict == Verdict.NOT
    assert hear("Do not call before nine. His wife said to stop calling.").verdict == Verdict.DOUBTFUL


def test_the_end_of_a_long_text_is_heard_too() -> None:
    talk = "She asked for the balance and for the date of the next payment. " * 1000
    assert hear(talk).verdict == Verdict.NOT
    assert hear(f"{talk} Never call me again.").verdict == Verdict.REFUSES
