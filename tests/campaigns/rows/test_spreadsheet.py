"""No cell that came from outside is run by the spreadsheet that opens it, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rows.spreadsheet import as_given, csv_lines, harmless

SIGNS = "=+-@＝＋－＠"
DROPPED = st.text(' \xa0\u200b\ufeff\u202e"“', max_size=3)
SEPARATORS = ",;|\t\r\n"
CELLS = st.text("=+-@＝'\" \xa0\ufeff\t\r\n,;|15.aé", max_size=14)


@given(
    before=st.text("ab ", max_size=3),
    separator=st.sampled_from(SEPARATORS),
    dropped=DROPPED,
    sign=st.sampled_from(SIGNS),
)
def test_a_formula_is_defused_wherever_a_program_would_begin_a_cell(
    before: str, separator: str, dropped: str, sign: str
) -> None:
    formula = f"{dropped}{sign}cmd|'/C calc'!A0"
    assert harmless(formula) == "'" + formula
    assert f"{separator}'{formula}" in harmless(f"{before}{separator}{formula}")


@given(CELLS)
def test_no_part_of_a_cell_begins_with_a_formula(cell: str) -> None:
    for part in re.split(f"[{SEPARATORS}]", harmless(cell)):
        shown = part.lstrip(' \xa0\ufeff"')
        is_plain = re.fullmatch(r"[-+]\d[\d ]*(\.\d+)?[ \"']*|-+[ \"']*", shown)
        assert shown[:1] not in tuple(SIGNS) or is_plain, (cell, harmless(cell))


@given(CELLS)
def test_reading_takes_off_what_writing_has_put_in_and_nothing_else(cell: str) -> None:
    assert as_given(harmless(cell)) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "Asha",
        "A=1",
        "12.5",
        "a@example.com",
        "+919820041116",
        "+91 98200 41116",
        "-5",
        "-1.5e3",
        "-3%",
        "-",
        "5,-3",
    ],
)
def test_what_no_spreadsheet_runs_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=4))
def test_a_file_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    text = "".join(csv_lines(columns=["a", "b", "c"], rows=rows)).removeprefix("\ufeff")
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    assert [[as_given(cell) for cell in row] for row in read] == rows
