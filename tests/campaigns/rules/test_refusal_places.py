"""Where a result says that its person wants no more calls, and how far each place is believed."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.rules.refusal import Verdict
from campaigns.rules.refusal_places import Refusal, refusal_in
from campaigns.rules.words import default_opt_out_words


def found(*, words: list[str] | None = None, in_sentences: bool = True, **told: Any) -> Refusal | None:
    given: dict[str, Any] = {"disposition": None, "digits": None, "analysis": None, **told}
    return refusal_in(words=default_opt_out_words() if words is None else words, in_sentences=in_sentences, **given)


def verdict(**told: Any) -> str:
    refusal = found(**told)
    return str(refusal.heard.verdict) if refusal else "NOT"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"disposition": "Never call me again, he shouted"}, "disposition: Never call me again, he shouted"),
        ({"note": "ग्राहक ने कहा दोबारा कॉल मत करना"}, "note: ग्राहक ने कहा दोबारा कॉल मत करना"),
        ({"analysis": {"tags": ["interested", "DND"]}}, "tags: DND"),
        ({"analysis": {"user": {"opt_out": True}}}, "flag: opt out"),
        ({"analysis": {"customer_requested_dnc": "yes"}}, "flag: customer requested dnc"),
        ({"analysis": {"CALLING_REMARKS": "cx said dont call agn"}}, "calling remarks: cx said dont call agn"),
        (
            {"analysis": {"summary": "The user asked us to stop calling."}},
            "summary: The user asked us to stop calling.",
        ),
        ({"analysis": [{"name": "final_disposition", "value": "DO_NOT_CALL"}]}, "final disposition: DO_NOT_CALL"),
        ({"digits": "9 - stop calls"}, "keys pressed: 9 - stop calls"),
        ({"analysis": {"dtmf": "9", "label": "Unsubscribe"}}, "label: Unsubscribe"),
        ({"analysis": {"keypress": {"key": "2", "label": "stopCalls"}}}, "label: stopCalls"),
        ({"transcript": [{"role": "user", "content": "Stop calling me!"}]}, "transcript: Stop calling me!"),
        ({"transcript": "Agent: Hello\nCustomer: no me llamen más"}, "transcript: no me llamen más"),
    ],
)
def test_a_refusal_is_heard_where_it_is_said(told: dict[str, Any], words: str) -> None:
    refusal = found(**told)
    assert refusal is not None
    assert (refusal.heard.verdict, refusal.words) == (Verdict.REFUSES, words)


@pytest.mark.parametrize(
    "told",
    [
        {"disposition": "Call back before six"},
        {"analysis": {"opt_out": False, "dnc": "no", "do_not_call": None, "opted_out": 0}},
        {"analysis": {"opt_out_offered": True, "dnc_scrubbed": True}},
        {"analysis": {"prompt": "To stop these calls say: stop calling", "agent_script": "You can opt out any time."}},
        {"analysis": {"question": "Do you want to opt out?", "answer": "No"}},
        {"transcript": [{"speaker": "bot", "text": "Say stop, or unsubscribe, and we never call again."}]},
        {"transcript": "Agent: press 9 to opt out\nBot: do not call"},
        {"transcript": [{"role": "user", "content": "Stop."}]},
        {"digits": "9"},
        {"note": "will pay on Friday"},
        {"analysis": "a text", "transcript": 7},
    ],
)
def test_what_refuses_nothing_is_none(told: dict[str, Any]) -> None:
    assert found(**told) is None


@pytest.mark.parametrize(
    "told",
    [
        # said by somebody, who knows by whom
        {"analysis": {"customer_text": "do not call me again"}},
        {"transcript": [{"text": "never call me again"}]},
        {"transcript": "never call me again"},
        {"note": "his wife says do not call"},
        {"analysis": {"summary": "Contact by e-mail only."}},
    ],
)
def test_what_is_doubtful_is_left_to_a_person(told: dict[str, Any]) -> None:
    assert verdict(**told) == "DOUBTFUL"


def test_one_clear_word_is_enough_among_doubts() -> None:
    told = {"disposition": "DNC?", "analysis": {"summary": "She never wants to be called again."}}
    assert verdict(**told) == "REFUSES"


def test_of_a_long_text_the_sentence_is_shown_that_says_it() -> None:
    talk = "She asked for the balance and the next payment. " * 20
    refusal = found(analysis={"summary": f"{talk}Then she said: do not call me at the office. {talk}"})
    assert refusal is not None
    assert refusal.said == "Then she said: do not call me at the office."


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ghar band", "REFUSES"),
        ("Customer: GHAR-BAND, asked twice", "REFUSES"),
        ("ghar bandh", "NOT"),
        ("NOT_GHAR_BAND", "NOT"),
        ("ghar band before six", "NOT"),
        ("ghar band this week", "DOUBTFUL"),
        ("x77", "REFUSES"),
        ("line x77 was bad", "DOUBTFUL"),
        ("no x77", "NOT"),
    ],
)
def test_the_words_of_a_campaign_are_heard_in_sentences_too(said: str, expected: str) -> None:
    assert verdict(disposition=said, words=["Ghar band", "x77"]) == expected
    assert verdict(analysis={"summary": said}, words=["ghar band"]) == "NOT"


def test_keys_mean_what_the_campaign_says() -> None:
    assert found(digits="9", words=["9"]).words == "keys pressed: 9"  # type: ignore[union-attr]
    assert found(analysis={"dtmf": 9}, words=["9"]).words == "keys pressed: 9"  # type: ignore[union-attr]
    assert found(disposition="9", words=["9"]) is None


def test_a_campaign_that_hears_no_sentences_hears_its_own_words_as_whole_verdicts() -> None:
    assert verdict(disposition="Never call me again", in_sentences=False) == "NOT"
    assert verdict(analysis={"summary": "stop calling"}, in_sentences=False) == "NOT"
    assert verdict(disposition="DNC - asked twice", in_sentences=False) == "REFUSES"
    assert verdict(analysis={"opt_out": True}, in_sentences=False) == "REFUSES"
