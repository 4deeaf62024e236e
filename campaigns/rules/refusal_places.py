"""Where a result may say that its person wants no more calls, and how far each place is believed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from campaigns.rules.analyses import Part, is_pressed, plain, values
from campaigns.rules.refusal import NOTHING, Heard, Verdict, Why, hear, strongest
from campaigns.rules.words import found_key, found_word

MOST_TURNS = 1_000
#: So much of a longer text is shown of the sentence that says it.
SHOWN = 300
_WHOLE = 160

#: Who speaks, in the words of those who write transcripts down.
_THEIRS = frozenset(
    {"user", "customer", "human", "callee", "client", "lead", "contact", "person", "end user", "borrower", "prospect"}
)
_OURS = frozenset(
    {"agent", "assistant", "bot", "ai", "system", "operator", "executive", "representative", "rep", "advisor", "ivr"}
    | {"tool", "function", "model", "voicebot", "ai agent", "telecaller"}
)
_SPEAKER = ("speaker", "role", "who", "sent_by", "from")
_SPEECH = ("text", "content", "message", "transcript")
_LINE = re.compile(r"^\s*[\[(]?([^\W\d_][\w ]{0,20})[\])]?\s*:\s*(.+)$")
_SENTENCES = re.compile(r"(?<=[.!?।؟。\n])\s*")
#: Beside the words of a flag's phrase its name may say so much: ``customer_requested_dnc``.
_BESIDE = frozenset(
    {"is", "has", "was", "user", "customer", "lead", "caller", "wants", "requested", "request", "asked", "to", "be"}
    | {"put", "on", "list", "flag", "status", "requires", "from", "the", "all", "future", "been"}
)


class _Trust(Enum):
    """How far words are believed: in full, not where they stand alone, or never without a person's look."""

    FULL = 1
    SPEECH = 2
    LITTLE = 3


@dataclass(frozen=True, slots=True)
class _Told:
    where: str
    text: str
    trust: _Trust
    hears_own_words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a result says of further calls (REFUSES or DOUBTFUL): where, and in which sentence."""

    heard: Heard
    where: str
    said: str

    @property
    def words(self) -> str:
        """Return it in a line: "disposition: Do not call"."""
        return f"{self.where}: {self.said[:120]}"


def refusal_in(
    *,
    disposition: str | None,
    digits: str | None,
    analysis: Any,
    transcript: Any = None,
    note: str = "",
    words: Sequence[str],
    in_sentences: bool = True,
) -> Refusal | None:
    """Return the strongest refusal in a result, None where there is none.

    ``words``: the campaign's; those made of keys are looked for among pressed keys only. ``note``: what somebody typed.
    ``in_sentences`` False: only the campaign's words count, in verdicts and keys.
    """
    if not in_sentences:
        found = found_word(words=words, disposition=disposition, digits=digits, analysis=analysis)
        return _by_words(*found.split(": ", 1)) if found is not None else None
    pressed = found_key(words=words, digits=digits, analysis=analysis)
    if pressed is not None:
        return _by_words("keys pressed", pressed)
    own = tuple(word for word in words if not is_pressed(word.strip()))
    best: Refusal | None = None
    for told in _told(disposition, digits, analysis, transcript, note):
        heard = _believed(told, own)
        if heard.verdict == Verdict.NOT or (best and strongest([best.heard, heard]) is best.heard):
            continue
        best = Refusal(heard=heard, where=told.where, said=_excerpt(told, heard, own))
        if heard.verdict == Verdict.REFUSES:
            break
    return best


def _by_words(where: str, said: str) -> Refusal:
    return Refusal(heard=Heard(verdict=Verdict.REFUSES, why=Why.SAID, phrase=said, words=said), where=where, said=said)


def _told(disposition: str | None, digits: str | None, analysis: Any, transcript: Any, note: str) -> Iterator[_Told]:
    if disposition:
        yield _Told("disposition", disposition, _Trust.FULL, hears_own_words=True)
    if digits and not is_pressed(digits.strip()):
        yield _Told("keys pressed", digits, _Trust.FULL, hears_own_words=True)
    if note:
        yield _Told("note", note, _Trust.FULL)
    for one in values(analysis):
        if one.is_flag:
            yield _Told("flag", one.name, _Trust.FULL, hears_own_words=True)
        if isinstance(one.value, str) and one.value and not is_pressed(one.value.strip()):
            is_verdict = one.part in (Part.VERDICT, Part.KEYS)
            trust = _Trust.LITTLE if one.part == Part.OTHER else _Trust.FULL
            yield _Told(one.name or "analysis", one.value, trust, hears_own_words=is_verdict)
    for who, text in _turns(transcript):
        speaker = plain(who)
        if speaker not in _OURS:
            yield _Told("transcript", text, _Trust.SPEECH if speaker in _THEIRS else _Trust.LITTLE)


def _turns(transcript: Any) -> Iterator[tuple[str, str]]:
    """Yield who speaks and what, whatever form the provider gives a transcript."""
    if isinstance(transcript, str):
        for line in transcript.splitlines()[:MOST_TURNS]:
            match = _LINE.match(line)
            yield (match.group(1), match.group(2)) if match else ("", line)
    for turn in transcript[:MOST_TURNS] if isinstance(transcript, list) else ():
        said = turn if isinstance(turn, Mapping) else {"text": turn}
        who = next((said[key] for key in _SPEAKER if isinstance(said.get(key), str)), "")
        text = next((said[key] for key in _SPEECH if isinstance(said.get(key), str)), "")
        if text:
            yield who, text


def _believed(told: _Told, own: tuple[str, ...]) -> Heard:
    """Return what words come to where they were found."""
    heard = hear(told.text, words=own if told.hears_own_words else ())
    if told.where == "flag":
        return heard if heard.verdict == Verdict.REFUSES and _is_all_of(told.text, heard.phrase) else NOTHING
    if told.trust == _Trust.LITTLE:
        doubted = heard.verdict == Verdict.REFUSES and not heard.stands_alone
        return replace(heard, verdict=Verdict.DOUBTFUL, why=Why.UNSURE_WHO) if doubted else NOTHING
    return NOTHING if told.trust == _Trust.SPEECH and heard.stands_alone else heard


def _is_all_of(name: str, phrase: str) -> bool:
    """Return whether a flag's name asks for no more calls: ``opt_out_offered`` does not."""
    left = f" {name} ".replace(f" {phrase} ", " ", 1)
    return set(left.split()) <= _BESIDE


def _excerpt(told: _Told, heard: Heard, own: tuple[str, ...]) -> str:
    """Return the text, or of a long one the sentence that says it."""
    text = told.text.strip()
    if len(text) <= _WHOLE:
        return text
    words = own if told.hears_own_words else ()
    for sentence in _SENTENCES.split(text):
        found = hear(sentence, words=words)
        if found.phrase == heard.phrase and found.verdict != Verdict.NOT:
            return sentence.strip()[:SHOWN]
    return text[:SHOWN]
