"""The language of the phrase files: what it finds, and what it says of a phrase that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.rules.refusal.lexicon import read_lexicon
from campaigns.rules.refusal.pattern import BadPattern, Index, Spelling
from campaigns.rules.refusal.sentences import sentences
from campaigns.rules.refusal.text import normal_words


def found(pattern: str, said: str, **spelling: object) -> list[str]:
    index = Index()
    index.add(language="any", kind="kind", pattern=pattern, spelling=Spelling(**spelling))  # type: ignore[arg-type]
    (sentence,) = sentences(normal_words(said))
    return [sentence.said(one) for one in index.find(sentence.text, starts=sentence.starts)]


@pytest.mark.parametrize(
    ("pattern", "said", "phrases"),
    [
        ("do not call", "Please do NOT call.", ["do not call"]),
        ("(stop|quit it) calling", "quit it calling and stop calling", ["quit it calling", "stop calling"]),
        ("call [me|us] back", "call us back, call back", ["call us back", "call back"]),
        ("take * list", "take me off the list", ["take me off the list"]),
        ("take * list", "take me off of the list", []),
        ("take * list", "take it, the list", []),
        ("after #", "after 9 pm", ["after 9"]),
        ("after #", "after nine", ["after nine"]),
        ("mark , no", "mark: no", ["mark , no"]),
        ("call", "recall calls", []),
        ("não ligue", "nao ligue", ["nao ligue"]),
    ],
)
def test_a_phrase_is_found(pattern: str, said: str, phrases: list[str]) -> None:
    assert found(pattern, said, numbers=("nine",), accents_optional=True) == phrases


def test_an_accent_may_be_left_out_where_the_language_says_so_and_is_never_another() -> None:
    assert found("não ligue", "nao ligue") == []
    assert found("não ligue", "náo ligue", accents_optional=True) == []


def test_groups_stand_for_what_they_hold() -> None:
    assert found("stop {call}", "stop ringing", groups={"call": "calling|{ring}", "ring": "ringing"}) == [
        "stop ringing"
    ]


@pytest.mark.parametrize("pattern", ["(call", "call)", "[call]", "{nothing} call", "*", "! call", ""])
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        found(pattern, "call")


def test_a_kind_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "klingon.toml"
    path.write_text('name = "Klingon"\nrefuzals = ["qo"]\n')
    with pytest.raises(BadPattern, match="klingon: there is no kind 'refuzals'"):
        read_lexicon([path])
