"""The verdict on a phrase does not hang on how it is written: case, signs, spaces, forms of letters, other words."""

from __future__ import annotations

import random
import re
import unicodedata
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.refusal import Verdict, hear
from tests.campaigns.rules.refusal.table import TABLE, Row

rows = st.sampled_from(TABLE)
in_sentences = st.sampled_from([row for row in TABLE if not row.alone])
refusals = st.sampled_from([row for row in TABLE if row.verdict == Verdict.REFUSES and row.language != "chinese"])
INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202b", "\ufe0f", "\u034f")
#: What stands before and after without touching on it.
AROUND = (
    "The line was good.",
    "Spoke to the customer about the loan of 5,000.",
    "ग्राहक से बात हुई।",
    "Le client habite à Lyon.",
    "تحدثنا مع العميل.",
    "Duration 00:42; agent 7.",
)


@settings(deadline=None)
@given(row=in_sentences, seed=st.integers(0, 2**32))
def test_capitals_change_nothing(row: Row, seed: int) -> None:
    toss = random.Random(seed)
    # Word by word: capitals within a word part it, as in "doNotCall".
    mixed = " ".join(toss.choice((word.upper(), word.lower(), word.title())) for word in row.said.split(" "))
    for said in (row.said.upper(), row.said.lower(), row.said.title(), mixed):
        assert hear(said).verdict == row.verdict, said


@settings(deadline=None)
@given(row=rows, form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_forms_of_unicode_change_nothing(row: Row, form: str) -> None:
    assert hear(unicodedata.normalize(form, row.said)).verdict == row.verdict  # type: ignore[arg-type]


@settings(deadline=None)
@given(row=rows, places=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(INVISIBLE)), max_size=6))
def test_characters_that_nobody_sees_change_nothing(row: Row, places: list[tuple[int, str]]) -> None:
    said = row.said
    for place, invisible in places:
        at = place % (len(said) + 1)
        said = said[:at] + invisible + said[at:]
    assert hear(said).verdict == row.verdict, ascii(said)


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
@pytest.mark.parametrize("name", ["doNotCall", "DNCRequested", "OptedOut"])
def test_a_name_with_something_invisible_at_its_seam_is_still_heard(name: str, invisible: str) -> None:
    seam = next(at for at in range(2, len(name)) if name[at].isupper() and not name[at + 1].isupper())
    assert hear(name[:seam] + invisible + name[seam:]).verdict == hear(name).verdict == Verdict.REFUSES


@settings(deadline=None)
@given(row=rows, space=st.sampled_from(["  ", "\t", "\u00a0", " \r\n", "\u3000", "\n"]), seed=st.integers(0, 2**32))
def test_spaces_change_nothing(row: Row, space: str, seed: int) -> None:
    toss = random.Random(seed)
    said = "".join(toss.choice((" ", space)) if one == " " else one for one in row.said)
    assert hear(f"{space}{said}{space}").verdict == row.verdict, said


@settings(deadline=None)
@given(
    row=rows,
    signs=st.sampled_from([("“", "”"), ('"', '"'), ("(", ")"), ("*", "*"), ("", "!!!"), ("", "..."), ("- ", ".")]),
)
def test_signs_around_it_change_nothing(row: Row, signs: tuple[str, str]) -> None:
    assert hear(f"{signs[0]}{row.said}{signs[1]}").verdict == row.verdict


@settings(deadline=None)
@given(row=in_sentences, before=st.sampled_from(AROUND), after=st.sampled_from(AROUND))
def test_other_sentences_change_nothing(row: Row, before: str, after: str) -> None:
    end = "" if category(row.said[-1]).startswith("P") else "."
    assert hear(f"{before} {row.said}{end} {after}").verdict == row.verdict
    assert hear(f"{before}\n\n{row.said}\n\n{after}").verdict == row.verdict


@settings(deadline=None)
@given(row=refusals)
def test_a_name_is_heard_as_its_words(row: Row) -> None:
    if all(one.isalnum() or one == " " or category(one).startswith("M") for one in row.said):
        assert hear(row.said.replace(" ", "_")).verdict == row.verdict
        assert hear(row.said.replace(" ", "-")).verdict == row.verdict


@settings(deadline=None)
@given(row=refusals, letter=st.sampled_from("xzqw"), before=st.booleans())
def test_no_part_of_a_word_refuses(row: Row, letter: str, before: bool) -> None:
    glued = " ".join(f"{letter}{word}" if before else f"{word}{letter}" for word in row.said.replace("-", " ").split())
    glued = re.sub(r"[^\w\s]|_", lambda sign: sign.group() if category(sign.group()).startswith("M") else letter, glued)
    assert hear(glued.lower()).verdict == Verdict.NOT, glued


@pytest.mark.parametrize(
    ("refuses", "other"),
    [
        ("कॉल मत करो", "कल मत करो"),
        ("फोन मत करो", "फन मत करो"),
        ("વિનંતી: કોલ ન કરો", "વિનંતી: કલ ન કરો"),
        ("đừng gọi nữa", "đúng gọi nữa"),
    ],
)
def test_marks_are_letters(refuses: str, other: str) -> None:
    assert hear(refuses).verdict == Verdict.REFUSES
    assert hear(other).verdict == Verdict.NOT
