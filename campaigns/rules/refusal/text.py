"""One form for what is written in many ways: letters, marks, words, clauses and sentences of any script. Pure.

Marks are kept, as they are letters to who reads them ("ना" is not "न"). Dropped is what only looks: invisible
characters, and marks and letters of which writers use one or the other for the same word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain

#: Of a longer text its beginning and its end are read, so much of each (characters).
MOST_READ = 8_000
#: Marks of a text in its normal form, words of their own: the ends of clauses, sentences and questions.
CLAUSE, SENTENCE, QUESTION = ",", ".", "?"

# Spellings of one letter. Arabic and Urdu keyboards differ, vowel signs are optional; in Devanagari and Gurmukhi the
# dot below is often left out and the two signs of nasal vowels are exchanged; chillu letters of Malayalam, the khanda
# ta of Bengali and the Russian yo are written in two ways.
_SAME_LETTERS = {
    **dict.fromkeys(map(ord, "أإآٱ"), "ا"),
    **dict.fromkeys(map(ord, "يىے"), "ی"),
    **dict.fromkeys(map(ord, "ہھةۃە"), "ه"),
    ord("ك"): "ک",
    ord("ё"): "е",
    ord("ـ"): None,
    **dict.fromkeys(range(0x064B, 0x0656), None),
    0x0670: None,
    0x093C: None,
    0x0A3C: None,
    0x0901: "\u0902",
    0x0A70: "\u0a02",
    0x0D7A: "\u0d23\u0d4d",
    0x0D7B: "\u0d28\u0d4d",
    0x0D7C: "\u0d30\u0d4d",
    0x0D7D: "\u0d32\u0d4d",
    0x0D7E: "\u0d33\u0d4d",
    0x09CE: "\u09a4\u09cd",
}
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´′"), None)
# Before letters are made alike: NFKC takes some of these apart into a space and a mark.
_ACUTE = re.compile(r"(?<=\w)[´`](?=\w)")


def _as_class(codes: list[int]) -> str:
    """Return characters as the inside of a character class."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)


def _of_category(beginning: str) -> list[int]:
    """Return the characters of a category; a table of all of them would stay in the memory of every process."""
    codes = chain(range(0x300, 0x1E960), range(0xE0000, 0xE01F0))
    return [code for code in codes if unicodedata.category(chr(code)).startswith(beginning)]


_INVISIBLE = dict.fromkeys([0xAD, *_of_category("Cf"), *range(0xFE00, 0xFE10), 0x034F])
_FOLD = {**_SAME_LETTERS, **_APOSTROPHES, **_INVISIBLE}
# Chinese is written without spaces: each of its characters is a word.
_IDEOGRAPH = "\u3400-\u9fff\uf900-\ufaff"
_MARKS = _as_class(_of_category("M"))
_LETTER = rf"[^\W_{_IDEOGRAPH}]"
_CLAUSES = ",;:،、؛()[]{}—–…-"
_QUESTIONS = "?؟"
_PARTS = re.compile(
    rf"{_LETTER}+(?:[{_MARKS}]+{_LETTER}*)*|[{_MARKS}]+{_LETTER}*|[{_IDEOGRAPH}]"
    # The turns of a talk and the points of a list are sentences, and so are paragraphs.
    r"|\n\s*(?=[^\W\d_][\w ]{0,20}:\s|[-*•]\s|\n)"
    r"|[.!]*[?؟]+[.!?]*|[।॥۔。]+|[.!]+(?=\s|$)|[|]"
    rf"|(?<=\s)-(?=\s)|[{re.escape(_CLAUSES[:-1])}]"
)
_SIGNS = frozenset(_CLAUSES + _QUESTIONS + "\n.!।॥۔。|")
_SEAMS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def normal_words(text: str) -> list[str]:
    """Return the words of a text in their normal form, with CLAUSE, SENTENCE and QUESTION among them where they end."""
    if len(text) > 2 * MOST_READ:
        text = f"{text[:MOST_READ]}\n\n{text[-MOST_READ:]}"
    return [_sign(part) if part[0] in _SIGNS else part for part in _PARTS.findall(_folded(text))]


def normal(text: str) -> str:
    """Return the words of a text in their normal form with single spaces, without what ends clauses and sentences."""
    return " ".join(word for word in normal_words(text) if word not in (CLAUSE, SENTENCE, QUESTION))


def _sign(part: str) -> str:
    if any(sign in part for sign in _QUESTIONS):
        return QUESTION
    return CLAUSE if part in _CLAUSES else SENTENCE


def parted(text: str) -> str | None:
    """Return a name such as ``doNotCall`` or ``DNCRequested`` with spaces between its parts, None if it holds none."""
    seen = text.translate(_INVISIBLE)
    changed = _SEAMS.sub(" ", seen)
    return changed if changed != seen else None


@cache
def unmarked(word: str) -> str:
    """Return a word of the Latin script as it is typed without its accents."""
    bare = "".join(one for one in unicodedata.normalize("NFD", word) if not unicodedata.combining(one))
    return bare.translate({ord("ł"): "l", ord("ø"): "o", ord("ß"): "ss", ord("đ"): "d", ord("ı"): "i"})


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    text = _ACUTE.sub("", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    # Once more: what is invisible may have stood between a letter and its mark.
    return unicodedata.normalize("NFKC", text.translate(_FOLD))
